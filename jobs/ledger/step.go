package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// stepID names a step of a writeback.
type stepID struct {
	tenant, writeback uuid.UUID
	kind              string
	part              int
}

// step is one job's work on one step of one writeback.
type step struct {
	*work.Attempt
	ledger    *Ledger
	id        stepID
	tenant    gen.Tenant
	writeback gen.Writeback
	// paid is when the call of the next send was taken; zero if it was not.
	paid time.Time
	// spent says that the step's write has left the tenant no calls for the next one.
	spent bool
	// distrusted says that JazzHR may hold what the ledger has forgotten.
	distrusted bool
}

// workStep is the whole of a job that does a writeback's step.
func workStep[T river.JobArgs](ctx context.Context, ledger *Ledger, job *river.Job[T], id stepID) error {
	s := &step{Attempt: work.New(ledger.Accounts, id.tenant, job), ledger: ledger, id: id}
	return s.Do(ctx, work.Item{Load: s.load, Run: s.run, GiveUp: s.giveUp, HandBack: s.handBack})
}

// load reads the writeback and its tenant.
func (s *step) load(ctx context.Context) (work.Row, error) {
	loaded, err := gen.New().WritebackToWork(ctx, db.Of(s.ledger.Pool, s.id.tenant), s.id.tenant, s.id.writeback)
	if err != nil {
		return work.Row{}, err
	}
	s.writeback, s.tenant, s.distrusted = loaded.Writeback, loaded.Tenant, loaded.Distrusted
	w := s.writeback
	row := work.Row{
		Tenant: s.tenant, Attempts: int(w.Attempts),
		Superseded: w.State != queue.StatePending || w.Step != s.id.kind ||
			(s.id.kind == queue.StepWriteNotes && int(w.Part) != s.id.part),
	}
	if w.FailingSince != nil {
		row.GiveUpFrom = *w.FailingSince
	}
	if loaded.EarlierOpen {
		row.Wait = &work.Wait{Why: outcome.WaitsEarlierStep, Until: loaded.EarlierUntil}
	}
	return row, nil
}

// run does the step.
func (s *step) run(ctx context.Context) error {
	switch s.id.kind {
	case queue.StepCreateApplicant:
		return s.createApplicant(ctx)
	case queue.StepLinkApplicantToJob:
		return s.linkApplicant(ctx)
	default:
		return s.writeNotes(ctx)
	}
}

// giveUp leaves the writeback to a person: JazzHR could not be read for days, or the step keeps failing.
func (s *step) giveUp(ctx context.Context, why outcome.Code) error { return s.becomeCase(ctx, why) }

func (s *step) linkApplicant(ctx context.Context) error {
	w := s.writeback
	if w.JobID == nil {
		opening, found, err := s.ledger.Mirror.FindOpening(ctx, s.Account, "", db.Text(w.BoardCode), "")
		if err != nil {
			return err
		}
		if !found {
			return s.reject(ctx, string(outcome.JobNotFound))
		}
		s.writeback.JobID = &opening.ID
		err = db.InTenant(ctx, s.ledger.Pool, w.TenantID, func(tx db.TenantTx) error {
			return tx.Q.SetWritebackJob(ctx, tx, &opening.ID, w.TenantID, w.WritebackID)
		})
		if err != nil {
			return fmt.Errorf("keep the job's id: %w", err)
		}
	}
	return s.settle(ctx, work.EffectLink, func() plan {
		applicantID, jobID := db.Text(s.writeback.ApplicantID), db.Text(s.writeback.JobID)
		return plan{
			key: work.LinkKey(applicantID, jobID), lookFirst: true,
			remote: newLink{account: s.Account, applicantID: applicantID, jobID: jobID},
		}
	})
}

func (s *step) writeNotes(ctx context.Context) error {
	w := s.writeback
	note, err := writeback.StoredNote(w)
	if err != nil {
		return err
	}
	reference := writeback.Reference(w.TenantID, w.InterviewID, int(w.Revision), s.id.part)
	contents := note.Part(s.id.part, reference)
	// An applicant that was named to us and has not been read in this writeback may be gone.
	lookFirst := s.id.part == 1 && w.ApplicantGiven && w.JobID == nil
	return s.settle(ctx, work.EffectNote, func() plan {
		route := jazzhr.NoteRouteApplicant
		if s.tenant.NoteRoute == routeNotes {
			route = jazzhr.NoteRouteNotes
		}
		return plan{
			key: work.NoteKey(w.InterviewID, int(w.Revision), s.id.part), lookFirst: lookFirst,
			remote: newNote{
				account: s.Account, pool: s.ledger.Pool, applicantID: db.Text(s.writeback.ApplicantID),
				route: route, reference: reference, contents: contents,
			},
		}
	})
}
