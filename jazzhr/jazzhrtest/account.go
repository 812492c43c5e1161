package jazzhrtest

import (
	"errors"
	"strings"
	"time"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

// Errors of the methods that change an account without the API.
var (
	ErrUnknownApplicant = errors.New("unknown applicant")
	ErrUnknownJob       = errors.New("unknown job")
	ErrUnknownLink      = errors.New("the applicant is not in that job")
	ErrUnknownStage     = errors.New("unknown stage")
)

// Account is one customer of JazzHR. Its methods act as the customer's people do in JazzHR itself,
// and show what is stored. It is safe for concurrent use.
type Account struct {
	sim *Sim
	id  string

	// The simulator's lock guards all fields below.
	key          string
	settings     Settings
	integration  Integration
	verification Verification
	deliveries   []*Delivery
	calls        []time.Time // the calls of the last minute, for the rate limit

	jobs       table[*job]
	jobByID    map[string]*job
	jobByBoard map[string]*job

	applicants   []*applicant
	applicant    map[string]*applicant
	byEmail      map[string][]*applicant
	rows         table[*row]
	rowsByJob    map[string]*table[*row]
	rowsByName   nameIndex
	links        table[*link]
	linksByJob   map[string]*table[*link]
	activities   table[*activity]
	byObject     map[string]*table[*activity]
	byCategory   map[string]*table[*activity]
	attachmentOf map[int64]*applicant
}

// The stored records, each with its sort key in the lists and the hold that hides it from readers.
type (
	job struct {
		Job
		sortKey
	}
	applicant struct {
		Applicant
		hold  *hold
		made  time.Time // when the API created it; zero if the API did not
		reads int       // of its detail
		notes []*note
		links table[*link]
		rows  []*row
	}
	link struct {
		Link
		sortKey
		hold *hold
	}
	note struct {
		Note
		hold *hold
	}
	activity struct {
		Activity
		sortKey
		hold *hold
	}
	// row is a row of GET /applicants: one application, or an applicant without any.
	row struct {
		sortKey
		person *applicant
		link   *link
		hold   *hold
	}
)

// names returns the names by which a row is found.
func (r *row) names() []string {
	first, last := fold(r.person.FirstName), fold(r.person.LastName)
	if first == last {
		return []string{first}
	}
	return []string{first, last}
}

func newAccount(s *Sim, id, key string) *Account {
	return &Account{
		sim: s, id: id, key: key,
		jobByID: make(map[string]*job), jobByBoard: make(map[string]*job),
		applicant: make(map[string]*applicant), byEmail: make(map[string][]*applicant),
		rowsByJob: make(map[string]*table[*row]), rowsByName: newNameIndex(),
		linksByJob: make(map[string]*table[*link]),
		byObject:   make(map[string]*table[*activity]), byCategory: make(map[string]*table[*activity]),
		attachmentOf: make(map[int64]*applicant),
	}
}

// ID identifies the account within the simulator. Unlike the key it is no secret.
func (a *Account) ID() string { return a.id }

// Key returns the account's API key.
func (a *Account) Key() string {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	return a.key
}

// RotateKey replaces the API key. The old key stops working at once.
func (a *Account) RotateKey(key string) {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	if other, taken := s.byKey[key]; taken && other != a {
		panic("jazzhrtest: two accounts with one API key")
	}
	delete(s.byKey, a.key)
	a.key = key
	a.calls = nil // each key has its own limit
	s.byKey[key] = a
}

// Settings returns the account's settings.
func (a *Account) Settings() Settings {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	return a.settings
}

// Configure changes the account's settings. The next request sees the change.
func (a *Account) Configure(change func(*Settings)) {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	change(&a.settings)
}

// AddJob adds an opening. It fills in empty fields that are needed, and returns the result.
func (a *Account) AddJob(j Job) Job {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	now := s.now()
	if j.Opened.IsZero() {
		j.Opened = now
	}
	if j.ID == "" {
		j.ID = s.newID("job", now)
	}
	if j.Number == 0 {
		j.Number = s.newNumber()
	}
	if j.BoardCode == "" {
		j.BoardCode = s.random(10, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
	}
	if j.Status == "" {
		j.Status = "Open"
	}
	if j.Type == "" {
		j.Type = "Full Time"
	}
	a.insertJob(j)
	return j
}

// SetJobStatus sets a job's status, for example to "Closed".
func (a *Account) SetJobStatus(jobID, status string) error {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	j := a.jobByID[jobID]
	if j == nil {
		return ErrUnknownJob
	}
	j.Status = status
	return nil
}

// AddApplicant adds a person who applied to the given jobs on the job board, each in its first
// stage. It fills in empty fields that are needed, and returns the result. It panics if a job is
// unknown, because that is a mistake in the test.
func (a *Account) AddApplicant(p Applicant, jobIDs ...string) Applicant {
	s := a.sim
	s.mu.Lock()
	defer s.unlockChanged()
	made := p.Applied
	if made.IsZero() {
		made = s.now()
	}
	stored := a.addApplicant(p, made, nil)
	for _, id := range jobIDs {
		if a.jobByID[id] == nil {
			panic("jazzhrtest: AddApplicant: " + ErrUnknownJob.Error())
		}
		a.addLink(stored, Link{JobID: id, Stage: firstStage().Name, Moved: made, Date: made}, nil)
	}
	return stored.Applicant
}

// AddLink links an applicant to a job, in its first stage.
func (a *Account) AddLink(applicantID, jobID string) (Link, error) {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	p := a.applicant[applicantID]
	if p == nil {
		return Link{}, ErrUnknownApplicant
	}
	if a.jobByID[jobID] == nil {
		return Link{}, ErrUnknownJob
	}
	now := a.sim.now()
	return a.addLink(p, Link{JobID: jobID, Stage: firstStage().Name, Moved: now, Date: now}, nil).Link, nil
}

// AddNote writes a note in the name of one of the customer's people.
func (a *Account) AddNote(applicantID, text string) (Note, error) {
	a.sim.mu.Lock()
	defer a.sim.unlockChanged()
	p := a.applicant[applicantID]
	if p == nil {
		return Note{}, ErrUnknownApplicant
	}
	return a.addNote(p, userRecruiter, text, "1", nil).Note, nil
}

func fullName(p Applicant) string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// emailKey returns an email address in the form used for comparison.
func emailKey(email string) string { return jazzhr.NormalizeEmail(email) }
