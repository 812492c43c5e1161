package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// subject is a customer of a run, with what stood in its account before and what it was told to
// write.
type subject struct {
	*customer
	people []jazzhrtest.Applicant // that were there before
	wishes []*wish
	jobs   []jazzhrtest.Job
	moves  int  // of people between stages
	blind  bool // the account hides notes, or cuts them before their reference

	personality jazzhrtest.Personality
}

// wish is a writeback that was accepted.
type wish struct {
	*subject
	id        uuid.UUID
	writeback writeback.Writeback

	compose     sync.Once
	refs, texts []string
}

// merges are who was merged into whom.
type merges map[string]string

// root is who a person is by now.
func (m merges) root(id string) string {
	for m[id] != "" {
		id = m[id]
	}
	return id
}

// oddText holds what an account may do something to.
const oddText = " She said \"a <b> & c\", it's 5 <6;  <script>alert(1)</script>\r\n\t\u202eright\u202c to left, 😀 and 𝒳,\n\n — done. <"

var (
	firstNames = []string{"Ada", "Ada M.", "Grace", "José"} // the first two may be one person's
	lastNames  = []string{"Lovelace", "Hopper", "O'Neil"}
	mailboxes  = []string{"ada@example.com", "grace@example.com", "jose@example.com", "ada.l@example.org", "g.hopper@example.net"}
)

// isSame reports whether a candidate and somebody in JazzHR are one person: by email and name.
func isSame(c writeback.Candidate, p jazzhrtest.Applicant) bool {
	return jazzhr.NormalizeEmail(c.Email) == jazzhr.NormalizeEmail(p.Email) &&
		jazzhr.NameFits(jazzhr.FoldName(p.FirstName, p.LastName), c.FirstName, c.LastName)
}

// drawName draws what somebody of an email is called: mostly anything. In a run that forgets, all
// of one email are of one name. JazzHR can't be searched by email, so who is known to be somebody
// of another name can be forgotten and not be found again.
func (tr *trial) drawName(r *rand.Rand, email string) (first, last string) {
	first, last = firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
	if at := slices.Index(mailboxes, email); at >= 0 && tr.plan[restored] > 0 {
		return firstNames[at%len(firstNames)], lastNames[at%len(lastNames)]
	}
	return first, last
}

// spell draws how somebody spells a last name.
func spell(r *rand.Rand, last string) string {
	if r.IntN(2) == 0 {
		return last
	}
	return strings.NewReplacer("'", []string{"", " ", "’"}[r.IntN(3)]).Replace(last)
}

// accountsOf is how many accounts the run of a seed has. One seed after another, they have all
// personalities in turn.
func accountsOf(seed uint64) int { return 1 + (&trial{seed: seed}).lot("accounts").IntN(3) }

// begin makes the customers, their accounts and the people in these.
func (tr *trial) begin() {
	tr.t.Helper()
	r := tr.lot("story")
	for i := range accountsOf(tr.seed) {
		s := &subject{customer: tr.customer(fmt.Sprintf("tenant-%d", i+1))}
		s.jobs = []jazzhrtest.Job{s.job, s.account.AddJob(jazzhrtest.Job{Title: "Welder", BoardCode: fmt.Sprintf("weld-%d", i)})}
		for range r.IntN(4) {
			tr.settle(r, s)
		}
		if r.IntN(10) < 8 { // else the first write ever may be lost
			s.wish(writeback.Writeback{
				InterviewID: "season", Candidate: writeback.Candidate{ID: "season", FirstName: "Sea", LastName: "Son", Email: "season@example.com"},
				Job: &writeback.Job{ID: s.job.ID}, Note: writeback.Note{Summary: "Fine."},
			})
		}
		s.polled()
		tr.customers = append(tr.customers, s)
	}
	tr.drive()
	tr.watch()
	all, before := jazzhrtest.Personalities(), 0
	for seed := uint64(1); seed < tr.seed; seed++ {
		before += accountsOf(seed)
	}
	for i, s := range tr.customers {
		s.personality = all[(before+i)%len(all)]
		s.account.Configure(func(a *jazzhrtest.Settings) { tr.configure(r, s, a) })
	}
}

func (tr *trial) configure(r *rand.Rand, s *subject, a *jazzhrtest.Settings) {
	s.personality.Configure(a, jazzhrtest.Moment{
		Now: tr.clockNow(), Lag: durationShare(tr.lag()), Outage: []time.Duration{30 * time.Second, time.Hour}[r.IntN(2)],
	})
	tr.log.Info("PERSONALITY", "account", s.account.ID(), "is", s.personality.String())
	if tr.plan[laggingRead] > 0 {
		a.ReadLag, a.ListLag, a.DetailLag = durationShare(tr.lag()), 0, 0
		tr.struck(laggingRead, a.ReadLag.String())
	}
	if tr.plan[hidden] == 0 {
		return
	}
	switch r.IntN(3) {
	case 0:
		a.Comments, s.blind = jazzhrtest.CommentsEmpty, true
	case 1:
		a.CommentLimit, s.blind = 10, true
	default:
		a.CommentLimit = 70 // the reference in the first line is left
	}
	tr.struck(hidden, fmt.Sprintf("%s %d", a.Comments, a.CommentLimit))
}

// settle adds a person, who may have a name or an email or both in common with another; some have
// none.
func (tr *trial) settle(r *rand.Rand, s *subject) {
	email := append([]string{""}, mailboxes...)[r.IntN(1+len(mailboxes))]
	first, last := tr.drawName(r, email)
	last = spell(r, last)
	if r.IntN(3) == 0 {
		email = strings.Replace(email, "@", "\u200b@", 1) // which nobody sees
	}
	jobs := []string{s.jobs[0].ID}[:r.IntN(2)]
	s.people = append(s.people, s.account.AddApplicant(jazzhrtest.Applicant{FirstName: first, LastName: last, Email: email}, jobs...))
}

// tell has Intrvio send its writebacks, some of them at once.
func (tr *trial) tell() {
	tr.t.Helper()
	r := tr.lot("writebacks")
	var made [][]*wish // a revision after the one before
	for _, s := range tr.customers {
		for i := range 2 + r.IntN(4) {
			for _, w := range tr.drawWritebacks(r, s, i) {
				x := &wish{subject: s, writeback: w}
				s.wishes = append(s.wishes, x)
				if w.Revision > 1 {
					made[len(made)-1] = append(made[len(made)-1], x)
				} else {
					made = append(made, []*wish{x})
				}
			}
		}
	}
	tr.calm.Store(false)
	var all sync.WaitGroup
	for _, interview := range made {
		all.Go(func() {
			for _, w := range interview {
				w.accept()
			}
		})
	}
	for _, s := range tr.customers {
		draw := tr.lot("exports " + s.account.ID())
		all.Go(func() {
			s.move(draw)
			s.export(draw)
		})
	}
	all.Wait()
}

// drawWritebacks draws an interview: mostly one writeback, or with a further revision, or beside
// another interview of the same person under another candidate id.
func (tr *trial) drawWritebacks(r *rand.Rand, s *subject, i int) []writeback.Writeback {
	email := mailboxes[r.IntN(len(mailboxes))]
	first, last := tr.drawName(r, email)
	last = spell(r, last)
	w := writeback.Writeback{
		InterviewID: fmt.Sprintf("i-%d", i), Candidate: writeback.Candidate{ID: fmt.Sprintf("c-%d", i), FirstName: first, LastName: last, Email: email},
		Note: writeback.Note{Summary: fmt.Sprintf("Interview %d went well.", i)},
	}
	if len(s.people) > 0 && r.IntN(4) == 0 {
		person := s.people[r.IntN(len(s.people))]
		w.Candidate = writeback.Candidate{ID: w.Candidate.ID, ApplicantID: person.ID}
		if person.Email != "" && r.IntN(2) == 0 {
			w.Candidate.FirstName, w.Candidate.LastName, w.Candidate.Email = person.FirstName, person.LastName, jazzhr.NormalizeEmail(person.Email)
		}
	}
	if w.Candidate.ApplicantID == "" && r.IntN(5) == 0 { // entered by a recruiter since the last poll
		s.people = append(s.people, s.account.AddApplicant(jazzhrtest.Applicant{FirstName: first, LastName: spell(r, last), Email: email}))
	}
	switch job := s.jobs[r.IntN(len(s.jobs))]; r.IntN(4) {
	case 0:
		w.Job = &writeback.Job{BoardCode: job.BoardCode}
	case 1, 2:
		w.Job = &writeback.Job{ID: job.ID}
	}
	if r.IntN(4) == 0 {
		w.Note.Transcript = strings.Repeat("A line of an interview that goes on for long.\n", 250+r.IntN(300))
	}
	if r.IntN(3) == 0 {
		w.Note.Summary += oddText
	}
	if tr.plan[twoAtOnce] > 0 && r.IntN(2) == 0 {
		tr.struck(twoAtOnce, w.InterviewID)
		twin := w
		twin.InterviewID, twin.Candidate.ID = w.InterviewID+"-twin", w.Candidate.ID+"-twin"
		twin.Candidate.Email = strings.ToUpper(w.Candidate.Email)
		return []writeback.Writeback{w, twin}
	}
	if r.IntN(4) == 0 {
		next := w
		next.Revision, next.Note = 2, writeback.Note{Summary: "On second thought."}
		if r.IntN(2) == 0 && w.Candidate.ApplicantID == "" {
			next.Candidate.Email = "corrected@example.com"
		}
		return []writeback.Writeback{w, next}
	}
	return []writeback.Writeback{w}
}

// wish has a writeback accepted.
func (s *subject) wish(writeback writeback.Writeback) {
	w := &wish{subject: s, writeback: writeback}
	s.wishes = append(s.wishes, w)
	w.accept()
}

// accept tells the service until it has acknowledged, as the backend does: the same again changes
// nothing.
func (w *wish) accept() {
	for attempt := 0; ; attempt++ {
		err := db.InTx(w.t.Context(), w.db.Pool, func(tx pgx.Tx) (err error) {
			w.id, _, err = writeback.Enqueue(w.t.Context(), tx, w.client, w.customer.id, w.writeback)
			return err
		})
		var invalid *queue.InvalidError
		if err == nil || attempt == 100 || errors.As(err, &invalid) {
			if err != nil {
				w.t.Errorf("not accepted: %v", err)
			}
			return
		}
		w.journal.moved(durationShare(0.001))
	}
}

// references are the notes by which the wish is to be found, with their texts.
func (w *wish) references() (refs, texts []string) {
	w.compose.Do(func() {
		revision := max(1, w.writeback.Revision)
		note := w.writeback.Note.Fit(writeback.Kept{})
		for part := range note.PartCount() {
			ref := writeback.Reference(w.customer.id, w.writeback.InterviewID, revision, part+1)
			w.refs, w.texts = append(w.refs, ref), append(w.texts, note.Part(part+1, ref))
		}
	})
	return w.refs, w.texts
}

// noteNamed names a note by the interview, revision and part of its reference.
func (tr *trial) noteNamed(text string) string {
	for _, s := range tr.customers {
		for _, w := range s.wishes {
			refs, _ := w.references()
			for i, ref := range refs {
				if strings.Contains(text, ref) {
					return fmt.Sprintf("%s/%d/%d", w.writeback.InterviewID, max(1, w.writeback.Revision), i+1)
				}
			}
		}
	}
	return "unknown"
}

// merge has a recruiter merge one person into another; in a run that forgets, into one of the same
// email. Who was made since the backup and is somebody else by now can't be found, nor what was
// written on them.
func (tr *trial) merge(moment string) bool {
	r := tr.lot("merge " + moment)
	s := tr.customers[r.IntN(len(tr.customers))]
	people := s.account.Applicants()
	if len(people) < 2 {
		return false
	}
	from, into := people[r.IntN(len(people))], people[r.IntN(len(people))]
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.plan[restored] > 0 && jazzhr.NormalizeEmail(from.Email) != jazzhr.NormalizeEmail(into.Email) {
		return false
	}
	if from.ID == into.ID || jazzhr.NormalizeEmail(from.Email) == "season@example.com" || s.account.Merge(from.ID, into.ID) != nil {
		return false
	}
	tr.merged[from.ID] = into.ID
	return true
}

// story is the run in order: what was drawn, struck, logged, written and recorded.
func (tr *trial) story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, struck at %v\n", tr.seed, tr.plan)
	for line := range strings.Lines(tr.journal.String()) {
		if !strings.Contains(line, "producer: Producer job counts") {
			b.WriteString(line)
		}
	}
	b.WriteString("\nwritten:\n")
	for _, w := range tr.sim.Writes() {
		fmt.Fprintf(&b, "  %s %s %s %s on %s lost=%t late=%t %.60q\n", w.At.Format("15:04:05.000"), w.Account, w.Endpoint, w.ID, w.ApplicantID, w.Lost, w.Late, w.Text)
	}
	b.WriteString("rows:\n")
	rows, err := tr.db.Pool.Query(tr.t.Context(), `SELECT e::text FROM jazzhr.effects e
		UNION ALL SELECT jsonb_set(to_jsonb(w), '{transcript}', '""')::text FROM jazzhr.writebacks w WHERE state <> 'done'
		UNION ALL SELECT (to_jsonb(j) - 'metadata' - 'tags')::text FROM jazzhr.river_job j WHERE state NOT IN ('completed', 'cancelled')`)
	if err != nil {
		return b.String() + err.Error()
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if rows.Scan(&row) == nil {
			b.WriteString("  " + row + "\n")
		}
	}
	return b.String()
}
