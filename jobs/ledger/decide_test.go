package ledger

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	paced = pace{quiet: 2 * time.Minute, reread: 30 * time.Second}
)

func TestDecide(t *testing.T) {
	t.Parallel()
	quietOver := noon.Add(-2 * time.Minute)
	lost := effect{kind: work.EffectNote, state: stateUnknown, sends: 1, notAfter: quietOver}
	again := func(e effect, change func(*effect)) effect { change(&e); return e }
	readOnce := again(lost, func(e *effect) { e.absentReads, e.absentAt = 1, noon.Add(-30*time.Second) })

	for name, tc := range map[string]struct {
		effect effect
		seen   *reading
		c      control
		want   action
	}{
		"a note is sent":                         {effect: effect{kind: work.EffectNote, state: statePlanned}, want: action{kind: actionSend}},
		"a create is looked for first":           {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, want: action{kind: actionLook}},
		"what is not there is sent":              {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, seen: &reading{result: absent}, want: action{kind: actionSend}},
		"one who is there is adopted":            {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, seen: &reading{result: found, ids: []string{"a"}}, want: action{kind: actionAdopt, id: "a"}},
		"two who are there are for a person":     {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, seen: &reading{result: found, ids: []string{"a", "b"}}, want: action{kind: actionCase, problem: outcome.TwoMatches}},
		"a pair that stands twice is linked":     {effect: effect{kind: work.EffectLink, state: statePlanned, lookFirst: true}, seen: &reading{result: found, ids: []string{"a", "b"}}, want: action{kind: actionAdopt, id: "a"}},
		"too many namesakes are for a person":    {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, seen: &reading{result: namesakes}, want: action{kind: actionCase, problem: outcome.TooManyMatches}},
		"gone is never absent":                   {effect: effect{kind: work.EffectLink, state: statePlanned, lookFirst: true, goneAt: noon.Add(-time.Minute)}, seen: &reading{result: gone}, want: action{kind: actionRetarget}},
		"one read does not make gone":            {effect: effect{kind: work.EffectLink, state: statePlanned, lookFirst: true}, seen: &reading{result: gone}, want: action{kind: actionCountGone, until: noon.Add(30 * time.Second)}},
		"nor do two at once":                     {effect: effect{kind: work.EffectLink, state: statePlanned, goneAt: noon}, seen: &reading{result: gone}, want: action{kind: actionWait, until: noon.Add(30 * time.Second)}},
		"nor two that lie far apart":             {effect: effect{kind: work.EffectLink, state: statePlanned, goneAt: noon.Add(-time.Hour)}, seen: &reading{result: gone}, want: action{kind: actionCountGone, until: noon.Add(30 * time.Second)}},
		"what can't be read is read again":       {effect: effect{kind: work.EffectLink, state: statePlanned, lookFirst: true}, seen: &reading{result: unreadable}, want: action{kind: actionRetry}},
		"one sent before is looked for":          {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 1}, want: action{kind: actionLook}},
		"a fourth time it waits":                 {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 3, notAfter: noon, sentAt: noon}, seen: &reading{result: absent}, want: action{kind: actionWait, until: noon.Add(10 * time.Minute)}},
		"and is sent":                            {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 3, notAfter: noon.Add(-10 * time.Minute), sentAt: noon}, seen: &reading{result: absent}, want: action{kind: actionSend}},
		"the waits grow":                         {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 5, notAfter: noon, sentAt: noon}, seen: &reading{result: absent}, want: action{kind: actionWait, until: noon.Add(40 * time.Minute)}},
		"to six hours":                           {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 99, notAfter: noon, sentAt: noon}, seen: &reading{result: absent}, want: action{kind: actionWait, until: noon.Add(6 * time.Hour)}},
		"but not for more than three days":       {effect: effect{kind: work.EffectNote, state: statePlanned, sends: 15, notAfter: noon.Add(-8 * time.Hour), sentAt: noon.Add(-73 * time.Hour)}, seen: &reading{result: absent}, want: action{kind: actionCase, problem: outcome.NotTaken}},
		"another name of the email is asked for": {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true}, seen: &reading{result: otherName, ids: []string{"a"}}, want: action{kind: actionCase, problem: outcome.OtherName}},
		"once":                                   {effect: effect{kind: work.EffectCreate, state: statePlanned, lookFirst: true, namesDecided: true}, seen: &reading{result: otherName, ids: []string{"a"}}, want: action{kind: actionSend}},
		"another's send is left alone":           {effect: effect{kind: work.EffectNote, state: stateSending, sends: 1, notAfter: noon.Add(time.Second)}, want: action{kind: actionWait, until: noon.Add(time.Second)}},
		"a send whose time is over is unknown":   {effect: effect{kind: work.EffectNote, state: stateSending, sends: 1, notAfter: noon}, want: action{kind: actionLose}},
		"the quiet period counts from there":     {effect: effect{kind: work.EffectNote, state: stateUnknown, sends: 1, notAfter: noon}, want: action{kind: actionWait, until: noon.Add(2 * time.Minute)}},
		"then it is looked for":                  {effect: lost, want: action{kind: actionLook}},
		"found once it is adopted":               {effect: lost, seen: &reading{result: found, ids: []string{"n"}}, want: action{kind: actionAdopt, id: "n"}},
		"found twice it is for a person":         {effect: lost, seen: &reading{result: found, ids: []string{"n", "m"}}, want: action{kind: actionCase, problem: outcome.TwoMatches}},
		"not comparable is for a person":         {effect: lost, seen: &reading{result: notComparable}, want: action{kind: actionCase, problem: outcome.NotComparable}},
		"absence needs a control":                {effect: lost, seen: &reading{result: absent}, want: action{kind: actionControl}},
		"without one a person decides":           {effect: lost, seen: &reading{result: absent}, c: controlMissing, want: action{kind: actionCase, problem: outcome.NoControl}},
		"a hidden control too":                   {effect: lost, seen: &reading{result: absent}, c: controlUnseen, want: action{kind: actionCase, problem: outcome.NotVisible}},
		"a young control is waited for":          {effect: lost, seen: &reading{result: absent}, c: controlYoung, want: action{kind: actionWait, until: noon.Add(2 * time.Minute)}},
		"absent once is not absent":              {effect: lost, seen: &reading{result: absent}, c: controlSeen, want: action{kind: actionCountAbsent, until: noon.Add(30 * time.Second)}},
		"the second read comes later":            {effect: again(readOnce, func(e *effect) { e.absentAt = noon }), want: action{kind: actionWait, until: noon.Add(30 * time.Second)}},
		"and is made":                            {effect: readOnce, want: action{kind: actionLook}},
		"absent twice it is sent again":          {effect: readOnce, seen: &reading{result: absent}, c: controlSeen, want: action{kind: actionSend}},
		"a fourth time a wait later":             {effect: again(readOnce, func(e *effect) { e.sends, e.sentAt = 3, quietOver }), seen: &reading{result: absent}, c: controlSeen, want: action{kind: actionWait, until: quietOver.Add(10 * time.Minute)}},
		"a no is read at once":                   {effect: effect{kind: work.EffectLink, state: stateUnknown, sends: 1, notAfter: noon.Add(time.Minute), refused: true}, want: action{kind: actionLook}},
		"and counts if nothing is there":         {effect: again(lost, func(e *effect) { e.refused = true }), seen: &reading{result: absent}, want: action{kind: actionReject}},
		"and not if it is":                       {effect: again(lost, func(e *effect) { e.refused = true }), seen: &reading{result: found, ids: []string{"n"}}, want: action{kind: actionAdopt, id: "n"}},
		"a no to a new applicant is of a moment": {effect: again(lost, func(e *effect) { e.refused, e.young = true, true }), seen: &reading{result: absent}, want: action{kind: actionForget, until: noon.Add(2 * time.Minute)}},
		"a new applicant is not gone":            {effect: effect{kind: work.EffectLink, state: statePlanned, lookFirst: true, young: true}, seen: &reading{result: gone}, want: action{kind: actionRetry}},
		"a no is not final while reads may lag":  {effect: again(lost, func(e *effect) { e.refused, e.notAfter = true, noon }), seen: &reading{result: absent}, want: action{kind: actionWait, until: noon.Add(2 * time.Minute)}},
		"a distrusted row waits":                 {effect: effect{kind: work.EffectNote, state: statePlanned, distrusted: noon}, want: action{kind: actionWait, until: noon.Add(2 * time.Minute)}},
		"and is looked for":                      {effect: effect{kind: work.EffectNote, state: statePlanned, distrusted: quietOver}, want: action{kind: actionLook}},
		"its absence needs a control":            {effect: effect{kind: work.EffectNote, state: statePlanned, distrusted: quietOver}, seen: &reading{result: absent}, want: action{kind: actionControl}},
		"no control, no send":                    {effect: effect{kind: work.EffectNote, state: statePlanned, distrusted: quietOver}, seen: &reading{result: absent}, c: controlMissing, want: action{kind: actionCase, problem: outcome.NoControl}},
		"seen to be absent it is sent":           {effect: effect{kind: work.EffectNote, state: statePlanned, distrusted: quietOver}, seen: &reading{result: absent}, c: controlSeen, want: action{kind: actionSend}},
		"done goes on":                           {effect: effect{kind: work.EffectNote, state: stateDone}, want: action{kind: actionAdvance}},
		"a refusal binds who sent it":            {effect: effect{kind: work.EffectCreate, state: stateRejected, mine: true}, want: action{kind: actionReject}},
		"and no other":                           {effect: effect{kind: work.EffectCreate, state: stateRejected}, want: action{kind: actionReplan}},
		"attention stays with the person":        {effect: effect{kind: work.EffectNote, state: stateAttention}, want: action{kind: actionCase}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := decide(tc.effect, tc.seen, tc.c, noon, paced); got != tc.want {
				t.Errorf("decide = %+v, want %+v", got, tc.want)
			}
		})
	}
}

// TestDecideNeverSendsRashly states the promise: whatever the row and the reading, a send follows
// only from a row that was never sent, or from an absence that was read after the quiet period,
// more than once, on an account that shows what was written, and less than three sends ago.
func TestDecideNeverSendsRashly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := effect{
			kind:         rapid.SampledFrom([]string{work.EffectCreate, work.EffectLink, work.EffectNote}).Draw(t, "kind"),
			state:        rapid.SampledFrom([]string{statePlanned, stateSending, stateUnknown, stateDone, stateRejected, stateAttention}).Draw(t, "state"),
			mine:         rapid.Bool().Draw(t, "mine"),
			sends:        rapid.IntRange(0, 4).Draw(t, "sends"),
			notAfter:     noon.Add(time.Duration(rapid.IntRange(-300, 60).Draw(t, "not after")) * time.Second),
			sentAt:       noon.Add(-time.Duration(rapid.IntRange(0, 80).Draw(t, "sent at")) * time.Hour),
			namesDecided: rapid.Bool().Draw(t, "names decided"),
			absentReads:  rapid.IntRange(0, 2).Draw(t, "absent reads"),
			absentAt:     noon.Add(time.Duration(rapid.IntRange(-60, 0).Draw(t, "absent at")) * time.Second),
			refused:      rapid.Bool().Draw(t, "refused"),
			lookFirst:    rapid.Bool().Draw(t, "look first"),
			young:        rapid.Bool().Draw(t, "young"),
		}
		if rapid.Bool().Draw(t, "distrusted") {
			e.distrusted = noon.Add(time.Duration(rapid.IntRange(-300, 0).Draw(t, "distrusted since")) * time.Second)
		}
		var seen *reading
		if rapid.Bool().Draw(t, "read") {
			seen = &reading{result: result(rapid.IntRange(int(absent), int(otherName)).Draw(t, "result"))}
			if seen.result == found {
				seen.ids = rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "ids")
			}
		}
		c := control(rapid.IntRange(int(controlUnread), int(controlYoung)).Draw(t, "control"))
		if decide(e, seen, c, noon, paced).kind != actionSend {
			return
		}
		switch {
		case e.sends >= promptSends && (noon.Sub(e.sentAt) > sendFor || noon.Before(e.notAfter.Add(firstResendWait*paced.quiet))):
			t.Fatal("sent for too long, or too soon")
		case e.state == statePlanned && e.sends == 0 && !e.lookFirst && e.distrusted.IsZero():
		case seen != nil && seen.result == otherName && e.namesDecided && e.state == statePlanned:
		case seen == nil || seen.result != absent:
			t.Fatal("sent without having read that it is absent")
		case e.state == stateUnknown && (c != controlSeen || e.absentReads == 0 || e.refused):
			t.Fatal("sent again on one read, unseen control, or a refusal")
		case e.state == statePlanned && !e.distrusted.IsZero() && c != controlSeen:
			t.Fatal("sent from a distrusted ledger without a control")
		case e.state == stateUnknown && noon.Before(e.notAfter.Add(paced.quiet)):
			t.Fatal("sent again within the quiet period")
		case e.state != statePlanned && e.state != stateUnknown:
			t.Fatalf("sent from state %s", e.state)
		}
	})
}
