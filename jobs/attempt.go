package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// attempt is one job's work on one step of one writeback.
type attempt struct {
	*Runner
	tenant    gen.Tenant
	writeback gen.Writeback
	step      string
	part      int
	account   account
	// complete ends the job within a transaction, if it is still this attempt's.
	complete func(context.Context, pgx.Tx) (bool, error)
	outcome  string // for the log line
	// paid is when the call of the turn's send was taken; zero if it was not.
	paid  time.Time
	spent bool // the step's write has left the tenant no calls for the next one
	// distrusted tells that JazzHR may hold what the ledger has forgotten.
	distrusted bool
}

// workStep is the whole of a job that does a writeback's step.
func workStep[T river.JobArgs](ctx context.Context, r *Runner, job *river.Job[T], tenantID, writebackID uuid.UUID, step string, part int) error {
	a := &attempt{
		Runner: r, step: step, part: part,
		complete: func(ctx context.Context, tx pgx.Tx) (bool, error) { return queue.Complete(ctx, tx, job) },
	}
	defer func() { setOutcome(ctx, a.outcome) }()
	ready, err := a.load(ctx, tenantID, writebackID)
	if err != nil || !ready {
		return err
	}
	err = a.run(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	wait, known := waitAfter(err, int(a.writeback.Attempts))
	if !known {
		return err
	}
	return a.handBack(ctx, wait)
}

// load reads the writeback and its tenant, and hands the row back if it may not go on now. A job whose row does not need
// it any more ends here.
func (a *attempt) load(ctx context.Context, tenantID, writebackID uuid.UUID) (ready bool, err error) {
	work, err := gen.New().WritebackToWork(ctx, a.config.Pool, tenantID, writebackID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("load writeback: %w", err)
	}
	a.writeback, a.tenant, a.distrusted = work.Writeback, work.Tenant, work.Distrusted
	w := a.writeback
	switch {
	case w.State != queue.StatePending || w.Step != a.step || (a.step == queue.StepWriteNotes && int(w.Part) != a.part):
		a.outcome = "superseded"
		return false, nil
	case a.tenant.PausedAt != nil:
		return false, a.handBack(ctx, wait{reason: queue.WaitingForPaused})
	case a.tenant.KeyState != "ok":
		return false, a.handBack(ctx, wait{reason: queue.WaitingForCredentials})
	case work.EarlierOpen:
		return false, a.handBack(ctx, wait{reason: queue.WaitingForEarlierStep, in: time.Minute})
	}
	a.account, err = a.accountOf(a.tenant, a.gate)
	return err == nil, err
}

// gate takes each call that reads from the tenant's budget.
func (a *attempt) gate(ctx context.Context) error {
	return a.config.Bucket.Take(ctx, a.writeback.TenantID, queue.Live)
}

// run does the step.
func (a *attempt) run(ctx context.Context) error {
	switch a.step {
	case queue.StepCreateApplicant:
		return a.createApplicant(ctx)
	case queue.StepLinkApplicantToJob:
		return a.linkApplicant(ctx)
	default:
		return a.writeNotes(ctx)
	}
}

func (a *attempt) createApplicant(ctx context.Context) error {
	w := a.writeback
	if w.ApplicantID != nil {
		return a.skip(ctx, *w.ApplicantID)
	}
	id, err := a.knownApplicant(ctx)
	if err != nil {
		return err
	}
	if id != "" {
		return a.skip(ctx, id)
	}
	if w.ApplicantGiven {
		return a.findGiven(ctx)
	}
	wanted := jazzhr.NewApplicant{
		FirstName: text(w.FirstName), LastName: text(w.LastName), Email: text(w.Email),
		Phone: text(w.Phone), Source: text(w.Source),
	}
	key := jazzhr.NormalizeEmail(wanted.Email)
	return a.settle(ctx, effectCreate, func() (string, bool, remote) {
		return key, true, newApplicant{account: a.account, pool: a.config.Pool, wanted: wanted}
	})
}

// knownApplicant looks in our own index: an interview's earlier revision, then the email, if it names one applicant only.
func (a *attempt) knownApplicant(ctx context.Context) (id string, err error) {
	w := a.writeback
	if w.ApplicantGiven {
		if id, err = gen.New().EarlierApplicant(ctx, a.config.Pool, w.TenantID, w.InterviewID, w.Revision); err != nil || id != "" {
			return id, wrap("look up the applicant of an earlier revision", err)
		}
	}
	email := jazzhr.NormalizeEmail(text(w.Email))
	if email == "" {
		return "", nil
	}
	ids, err := gen.New().ApplicantsByEmail(ctx, a.config.Pool, w.TenantID, &email)
	if err != nil {
		return "", fmt.Errorf("look up known applicants: %w", err)
	}
	if len(ids) == 1 {
		id = ids[0]
	}
	return id, nil
}

// findGiven finds the applicant of a writeback that may create none.
func (a *attempt) findGiven(ctx context.Context) error {
	ids, err := a.searchPerson(ctx)
	if err != nil {
		return err
	}
	if len(ids) == 1 {
		return a.skip(ctx, ids[0])
	}
	return a.toPerson(ctx, problemUnresolved)
}

// searchPerson looks for the writeback's person by name and email. Without them nobody is found.
func (a *attempt) searchPerson(ctx context.Context) ([]string, error) {
	w := a.writeback
	if w.Email == nil || w.LastName == nil {
		return nil, nil
	}
	s := search{
		account: a.account, pool: a.config.Pool, names: []name{{text(w.FirstName), *w.LastName}},
		emails: []string{jazzhr.NormalizeEmail(*w.Email)}, known: time.Now().Add(-detailsFresh),
	}
	ids, _, _, err := s.run(ctx)
	return ids, err
}

func (a *attempt) linkApplicant(ctx context.Context) error {
	w := a.writeback
	if w.JobID == nil {
		opening, found, err := a.findOpening(ctx, a.account, "", text(w.BoardCode), "")
		if err != nil {
			return err
		}
		if !found {
			return a.reject(ctx, "job_not_found: JazzHR has no job with this board code")
		}
		a.writeback.JobID = &opening.ID
		err = db.InTenant(ctx, a.config.Pool, w.TenantID, func(tx db.TenantTx) error {
			return tx.Q.SetWritebackJob(ctx, tx, &opening.ID, w.TenantID, w.WritebackID)
		})
		if err != nil {
			return fmt.Errorf("keep the job's id: %w", err)
		}
	}
	return a.settle(ctx, effectLink, func() (string, bool, remote) {
		applicantID, jobID := text(a.writeback.ApplicantID), text(a.writeback.JobID)
		return linkKey(applicantID, jobID), true, newLink{account: a.account, applicantID: applicantID, jobID: jobID}
	})
}

func (a *attempt) writeNotes(ctx context.Context) error {
	w := a.writeback
	note, err := queue.NoteOf(w)
	if err != nil {
		return err
	}
	reference := queue.Reference(w.TenantID, w.InterviewID, int(w.Revision), a.part)
	contents := note.Part(a.part, reference)
	// An applicant that was named to us and has not been read in this writeback may be gone.
	lookFirst := a.part == 1 && w.ApplicantGiven && w.JobID == nil
	return a.settle(ctx, effectNote, func() (string, bool, remote) {
		route := jazzhr.NoteRouteApplicant
		if a.tenant.NoteRoute == routeNotes {
			route = jazzhr.NoteRouteNotes
		}
		return noteKey(w.InterviewID, int(w.Revision), a.part), lookFirst, newNote{
			account: a.account,
			pool:    a.config.Pool, applicantID: text(a.writeback.ApplicantID), route: route, reference: reference, contents: contents,
		}
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
