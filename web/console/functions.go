package console

import (
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// functions returns the functions that templates for a role may call. may reports whether the role may
// use a route; personal masks what it may not see. Whatever tells of a candidate goes through personal,
// unless the page needs the role [Support] as a whole.
func (k *Console) functions(role Role) template.FuncMap {
	return template.FuncMap{
		"may":       func(route string) (bool, error) { return k.may(role, route) },
		"personal":  func(text any) string { return personalFor(role, text) },
		"asset":     k.assets.url,
		"ago":       ago,
		"moment":    moment,
		"refused":   refusedText,
		"noteForm":  func(form *string) string { return writeback.NoteForm(db.Text(form)).Text() },
		"count":     count,
		"plural":    plural,
		"duration":  duration,
		"badge":     badge,
		"state":     stateBadge,
		"sparkline": sparkline,
		"bars":      bars,
		"meter":     meter,
		"dict":      dict,
		"join":      strings.Join,
	}
}

// personalFor returns a text about a candidate, or the mask for those who may not see it.
// The text is a string or *string.
func personalFor(role Role, text any) string {
	shown, ok := text.(string)
	if pointed, is := text.(*string); is {
		shown, ok = db.Text(pointed), true
	}
	if ok && (role >= Support || shown == "") {
		return shown
	}
	return mask
}

// dict makes a map from names and values in turn, to pass several values to a template.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict: a name without a value")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, errors.New("dict: a name that is no string")
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// instant returns the time of a time.Time or *time.Time. ok is false if there is none.
func instant(v any) (t time.Time, ok bool) {
	switch v := v.(type) {
	case time.Time:
		t = v
	case *time.Time:
		if v != nil {
			t = *v
		}
	}
	return t, !t.IsZero()
}

const exactTime = "2 Jan 2006, 15:04:05 UTC"

// ago shows a time (time.Time or *time.Time) relative to now, with the exact time as its title. The
// browser keeps it up to date.
func ago(v any) template.HTML {
	t, ok := instant(v)
	if !ok {
		return `<span class="none">never</span>`
	}
	t = t.UTC()
	//nolint:gosec // a formatted time and a duration hold no markup
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s" data-relative>%s</time>`,
		t.Format(time.RFC3339), t.Format(exactTime), relative(time.Since(t))))
}

// moment shows a time (time.Time or *time.Time) exactly.
func moment(v any) template.HTML {
	t, ok := instant(v)
	if !ok {
		return `<span class="none">never</span>`
	}
	t = t.UTC()
	//nolint:gosec // a formatted time holds no markup
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, t.Format(time.RFC3339), t.Format(exactTime)))
}

// relative writes a duration before now, as console.js does. A negative one is after now.
func relative(d time.Duration) string {
	switch {
	case d < 0 && d > -5*time.Second, d >= 0 && d < 5*time.Second:
		return "just now"
	case d < 0:
		return "in " + roughly(-d)
	default:
		return roughly(d) + " ago"
	}
}

func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	default:
		return strconv.Itoa(int(d.Hours()/24)) + " days"
	}
}

// duration writes seconds in one or two units.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Millisecond:
		return "0 s"
	case d < time.Second:
		return strconv.Itoa(int(d.Milliseconds())) + " ms"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
}

// count writes a whole number of any integer type with commas between thousands.
func count(n any) (string, error) {
	text := fmt.Sprint(n)
	digits := strings.TrimPrefix(text, "-")
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return "", fmt.Errorf("count of %T", n)
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if strings.HasPrefix(text, "-") {
		digits = "-" + digits
	}
	return digits, nil
}

// plural writes a number with its noun: plural 2 "job" "jobs".
func plural(n any, one, many string) (string, error) {
	text, err := count(n)
	if err != nil {
		return "", err
	}
	if text == "1" {
		return "1 " + one, nil
	}
	return text + " " + many, nil
}

// tone says how good or bad something is. It chooses colour and shape.
type tone string

const (
	good tone = "good"
	wait tone = "wait" // nothing is wrong; something else has to happen first
	warn tone = "warn"
	bad  tone = "bad"
	off  tone = "off"
)

// badge shows a state as a coloured word.
func badge(t tone, text string) template.HTML {
	//nolint:gosec // both are escaped
	return template.HTML(`<span class="badge badge-` + template.HTMLEscapeString(string(t)) + `">` +
		template.HTMLEscapeString(text) + `</span>`)
}

// stateBadge shows the state of a tenant.
func stateBadge(s tenant.State) template.HTML {
	switch s {
	case tenant.Active:
		return badge(good, "Active")
	case tenant.AwaitingVerify:
		return badge(wait, "Waiting for JazzHR")
	case tenant.Created:
		return badge(wait, "Not connected yet")
	case tenant.Paused:
		return badge(warn, "Paused")
	case tenant.CredentialsRejected:
		return badge(bad, "Key refused")
	case tenant.Disconnected:
		return badge(off, "Disconnected")
	default:
		return badge(off, string(s))
	}
}
