package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// A create is keyed by email and name, since two people may share an address. Writebacks whose names
// fit share one, so that J. Smith and John Smith become one applicant.

// errOtherCreate says that the writeback's person has another create by now.
var errOtherCreate = errors.New("another create is for this person")

func (s *step) createApplicant(ctx context.Context) error {
	w := s.writeback
	if w.ApplicantID != nil {
		return s.skip(ctx, *w.ApplicantID)
	}
	if w.Revision > 1 { // it goes to the applicant of the one before, whatever email and name it has
		id, err := gen.New().EarlierApplicant(ctx, db.Of(s.ledger.Pool, w.TenantID), w.TenantID, w.InterviewID, w.Revision)
		if err != nil {
			return fmt.Errorf("look up the applicant of an earlier revision: %w", err)
		}
		if id != "" {
			return s.skip(ctx, id)
		}
	}
	person := s.person()
	var creates []create
	key := work.CreateKey(person.Emails[0], jazzhr.FoldName(db.Text(w.FirstName), db.Text(w.LastName)))
	if person.Emails[0] != "" {
		var err error
		if creates, err = s.creates(ctx, db.Of(s.ledger.Pool, s.id.tenant), person.Emails[0]); err != nil {
			return err
		}
		if shared := s.shared(creates); shared != nil {
			key = shared.Key
		}
	}
	// A create that may have been applied is settled by a read of its own.
	open := slices.ContainsFunc(creates, func(c create) bool { return c.Key == key && inFlight(c.State) })
	if !open && person.Emails[0] != "" {
		known, err := person.Known(ctx)
		if err != nil {
			return err
		}
		if len(known.Matches) == 1 {
			return s.skip(ctx, known.Matches[0])
		}
	}
	if w.ApplicantGiven {
		return s.findGiven(ctx)
	}
	wanted := jazzhr.NewApplicant{
		FirstName: db.Text(w.FirstName), LastName: db.Text(w.LastName), Email: db.Text(w.Email),
		Phone: db.Text(w.Phone), Source: db.Text(w.Source),
	}
	err := s.settle(ctx, work.EffectCreate, func() plan {
		return plan{
			key: key, lookFirst: true,
			remote: newApplicant{account: s.Account, pool: s.ledger.Pool, wanted: wanted},
			maySend: func(ctx context.Context, tx db.TenantTx, row gen.Effect) (*action, error) {
				return s.mayCreate(ctx, tx, row, creates)
			},
		}
	})
	if errors.Is(err, errOtherCreate) {
		return s.HandBack(ctx, work.Wait{Why: outcome.WaitsQueue, In: time.Second})
	}
	return err
}

// person is a search for the writeback's person.
func (s *step) person() work.Search {
	w := s.writeback
	return work.Search{
		Account: s.Account, Pool: s.ledger.Pool,
		Names:      []work.Name{{First: db.Text(w.FirstName), Last: db.Text(w.LastName)}},
		Emails:     []string{jazzhr.NormalizeEmail(db.Text(w.Email))},
		KnownSince: time.Now().Add(-work.DetailsFresh),
	}
}

// create is a create of an email, with the folded names of those it is for.
type create struct {
	gen.CreatesOfEmailRow
	names []string
}

// creates returns the creates of an email. Before schema 12 their keys held no name: such a create
// has the names of the writebacks that share it.
func (s *step) creates(ctx context.Context, conn gen.DBTX, email string) (all []create, err error) {
	rows, err := gen.New().CreatesOfEmail(ctx, conn, s.id.tenant, email)
	if err != nil {
		return nil, fmt.Errorf("look for creates of the email: %w", err)
	}
	for _, row := range rows {
		c := create{CreatesOfEmailRow: row}
		if _, folded, named := work.CutCreateKey(row.Key); named {
			c.names = []string{folded}
			all = append(all, c)
			continue
		}
		names, err := gen.New().EffectNames(ctx, conn, s.id.tenant, &row.EffectID)
		if err != nil {
			return nil, fmt.Errorf("look up the names given: %w", err)
		}
		for _, n := range names {
			c.names = append(c.names, jazzhr.FoldName(n.FirstName, n.LastName))
		}
		all = append(all, c)
	}
	return all, nil
}

func inFlight(state string) bool { return state == stateSending || state == stateUnknown }

// shared returns the create that is for the writeback's person already: the first that was sent or is
// done, or else the oldest.
func (s *step) shared(creates []create) (oldest *create) {
	name := s.person().Names[0]
	for i, c := range creates {
		switch {
		case !slices.ContainsFunc(c.names, name.Fits):
		case c.Sends > 0 || c.RemoteID != nil:
			return &creates[i]
		case oldest == nil:
			oldest = &creates[i]
		}
	}
	return oldest
}

// mayCreate decides, for one create of an email at a time, whether this one may be sent. It may not
// if another is for the same person. Its first send waits while a create for somebody else of the
// email is under way, and is looked for again if one has ended since: a person is asked about
// another name of the email, and for that the other has to be seen. A later send waits for nobody, or
// two that were both lost would wait for each other.
func (s *step) mayCreate(ctx context.Context, tx db.TenantTx, row gen.Effect, before []create) (*action, error) {
	email, _, _ := work.CutCreateKey(row.Key)
	if err := tx.Q.SystemLockEmail(ctx, tx, tx.Tenant.String(), email); err != nil {
		return nil, fmt.Errorf("lock the creates of an email: %w", err)
	}
	creates, err := s.creates(ctx, tx, email)
	if err != nil {
		return nil, err
	}
	if shared := s.shared(creates); shared != nil && shared.EffectID != row.EffectID {
		return nil, errOtherCreate
	}
	for _, c := range creates {
		if c.EffectID == row.EffectID || row.Sends > 0 {
			continue
		}
		if inFlight(c.State) {
			now, err := db.Now(ctx, tx)
			return &action{kind: actionWait, until: now.Add(s.ledger.SettleDelay), effect: &c.EffectID}, err
		}
		known := slices.ContainsFunc(before, func(b create) bool { return b.EffectID == c.EffectID && b.State == c.State })
		if !known && c.RemoteID != nil {
			return nil, errOtherCreate // look again
		}
	}
	return nil, nil
}

// findGiven finds the applicant of a writeback that may create none.
func (s *step) findGiven(ctx context.Context) error {
	ids, err := s.searchPerson(ctx)
	if err != nil {
		return err
	}
	if len(ids) == 1 {
		return s.skip(ctx, ids[0])
	}
	return s.becomeCase(ctx, outcome.ApplicantUnresolved)
}

// searchPerson looks for the writeback's person by name and email. Without both it finds nobody.
func (s *step) searchPerson(ctx context.Context) ([]string, error) {
	w := s.writeback
	if w.Email == nil || w.LastName == nil {
		return nil, nil
	}
	found, err := s.person().Run(ctx)
	if err == nil && len(found.Matches) == 0 && len(found.Unreadable) > 0 {
		err = work.ErrUnreadable
	}
	return found.Matches, err
}
