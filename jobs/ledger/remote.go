package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// remote is one kind of effect as it stands in JazzHR: how it is looked for, how a confirmed one is
// read back, and how it is written.
type remote interface {
	look(ctx context.Context, row gen.Effect) (reading, error)
	// readBack reads a confirmed effect by the same means as look: it is found, absent, or gone with
	// the applicant.
	readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (result, error)
	send(ctx context.Context, send jazzhr.Send) (id string, err error)
}

// newApplicant is an applicant to be made.
type newApplicant struct {
	account work.Account
	pool    *pgxpool.Pool
	wanted  jazzhr.NewApplicant
}

func (a newApplicant) look(ctx context.Context, row gen.Effect) (reading, error) {
	names, err := a.names(ctx, row.EffectID)
	if err != nil {
		return reading{}, err
	}
	s := work.Search{
		Account: a.account, Pool: a.pool, Names: names,
		Emails: []string{jazzhr.NormalizeEmail(a.wanted.Email)}, KnownSince: row.CreatedAt.Add(-work.DetailsFresh),
	}
	sent := row.FirstSentAt != nil
	if sent {
		// The list is not bounded by days: JazzHR may date what it makes by any, or by none.
		s.KnownSince = row.FirstSentAt.Add(-work.DetailsFresh)
	}
	people, err := s.Run(ctx)
	if err == nil && sent {
		people.Ambiguous, err = s.NewSince(ctx, *row.FirstSentAt, slices.Concat(people.Ambiguous, people.OtherEmails))
	}
	switch {
	case err != nil:
		return reading{}, err
	case len(people.Matches) > 0:
		return reading{result: found, ids: people.Matches}, nil
	case people.Crowded:
		return reading{result: namesakes}, nil
	case len(people.Unreadable) > 0:
		// One of them may be the person: JazzHR's list and its details need not agree.
		return reading{result: unreadable, ids: people.Unreadable}, nil
	case !sent && len(people.OtherNames) > 0:
		return reading{result: otherName, ids: people.OtherNames}, nil
	case sent && len(people.Ambiguous) > 0:
		// One of them may be the one that was sent, stored without the email or with a changed one.
		// Before a first send they are people JazzHR holds so.
		return reading{result: notComparable, ids: people.Ambiguous}, nil
	}
	return reading{result: absent}, nil
}

// names returns the names that the applicant may have: writebacks of one email may give different
// names, and any of them may have been sent.
func (a newApplicant) names(ctx context.Context, effectID uuid.UUID) (names []work.Name, err error) {
	rows, err := gen.New().EffectNames(ctx, db.Of(a.pool, a.account.Tenant), a.account.Tenant, &effectID)
	for _, row := range rows {
		names = append(names, work.Name{First: row.FirstName, Last: row.LastName})
	}
	return names, work.Wrap("look up the names given", err)
}

func (a newApplicant) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (result, error) {
	detail, err := a.account.Read.Applicant(ctx, *confirmed.RemoteID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return gone, nil
	}
	if err != nil {
		return absent, fmt.Errorf("read a confirmed applicant: %w", err)
	}
	s := work.Search{Account: a.account, Pool: a.pool, Names: []work.Name{{First: detail.FirstName, Last: detail.LastName}}}
	ids, err := s.Namesakes(ctx)
	email, _, _ := work.CutCreateKey(confirmed.Key)
	if err == nil && slices.Contains(ids, *confirmed.RemoteID) && jazzhr.NormalizeEmail(detail.Email) == email {
		return found, nil
	}
	return absent, err
}

func (a newApplicant) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return a.account.Write.CreateApplicant(ctx, send, a.wanted)
}

// newLink is a link to be made between an applicant and a job.
type newLink struct {
	account            work.Account
	applicantID, jobID string
}

func (l newLink) look(ctx context.Context, _ gen.Effect) (reading, error) {
	ids, err := l.links(ctx, l.applicantID, l.jobID)
	if err != nil || len(ids) > 0 {
		return reading{result: found, ids: ids}, err
	}
	// An applicant that is gone has no links in the list either. Gone is not absent.
	_, err = l.account.Read.Applicant(ctx, l.applicantID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return reading{result: gone}, nil
	}
	if err != nil {
		return reading{}, fmt.Errorf("read applicant: %w", err)
	}
	return reading{result: absent}, nil
}

func (l newLink) links(ctx context.Context, applicantID, jobID string) (ids []string, err error) {
	for page := 1; ; page++ {
		rows, err := l.account.Read.Links(ctx, jazzhr.LinkFilter{ApplicantID: applicantID, JobID: jobID}, page)
		if err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		for _, row := range rows.Items {
			if row.ApplicantID == applicantID && row.JobID == jobID {
				ids = append(ids, row.ID)
			}
		}
		if rows.Last {
			return ids, nil
		}
	}
}

func (l newLink) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (result, error) {
	applicantID, jobID, _ := strings.Cut(confirmed.Key, "/")
	ids, err := l.links(ctx, applicantID, jobID)
	if len(ids) > 0 {
		return found, err
	}
	return absent, err
}

func (l newLink) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return l.account.Write.LinkApplicant(ctx, send, l.applicantID, l.jobID)
}

// newNote is one part of an interview's note to be written.
type newNote struct {
	account     work.Account
	pool        *pgxpool.Pool
	applicantID string
	route       jazzhr.NoteRoute
	reference   string
	contents    string
}

func (n newNote) look(ctx context.Context, _ gen.Effect) (reading, error) {
	return n.notes(ctx, n.applicantID, n.reference)
}

func (n newNote) notes(ctx context.Context, applicantID, reference string) (reading, error) {
	detail, err := n.account.Read.Applicant(ctx, applicantID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return reading{result: gone}, nil
	}
	if err != nil {
		return reading{}, fmt.Errorf("read the applicant's notes: %w", err)
	}
	if !detail.CommentsKnown {
		return reading{result: unreadable}, nil
	}
	var ids []string
	for _, comment := range detail.Comments {
		if work.Carries(comment.Text, reference) {
			ids = append(ids, comment.ID)
		}
	}
	if len(ids) == 0 {
		return reading{result: absent}, nil
	}
	return reading{result: found, ids: ids}, nil
}

func (n newNote) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (result, error) {
	interview, revision, part, err := work.CutNoteKey(confirmed.Key)
	if err != nil {
		return absent, err
	}
	reference := writeback.Reference(n.account.Tenant, interview, revision, part)
	var applicantID string
	err = db.InTenant(ctx, n.pool, n.account.Tenant, func(tx db.TenantTx) error {
		applicantID, err = tx.Q.EffectApplicant(ctx, tx, tx.Tenant, &confirmed.EffectID)
		return err
	})
	if err != nil {
		return absent, fmt.Errorf("find a confirmed note's applicant: %w", err)
	}
	seen, err := n.notes(ctx, applicantID, reference)
	return seen.result, err
}

func (n newNote) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return n.account.Write.WriteNote(ctx, send, n.route, n.applicantID, n.contents)
}
