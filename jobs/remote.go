package jobs

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/queue"
)

// remote is one kind of effect as it stands in JazzHR: how it is looked for, how a confirmed one is read back, and how
// it is written.
type remote interface {
	look(ctx context.Context, row gen.Effect) (reading, error)
	// readBack reports whether the confirmed effect can be seen, by the same means as look.
	readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (bool, error)
	send(ctx context.Context, send jazzhr.Send) (id string, err error)
}

// newApplicant is an applicant to be made.
type newApplicant struct {
	account account
	pool    *pgxpool.Pool
	wanted  jazzhr.NewApplicant
}

func (a newApplicant) look(ctx context.Context, row gen.Effect) (reading, error) {
	names, err := a.names(ctx, row.EffectID)
	if err != nil {
		return reading{}, err
	}
	s := search{
		account: a.account, pool: a.pool, names: names,
		emails: []string{jazzhr.NormalizeEmail(a.wanted.Email)}, known: row.CreatedAt.Add(-detailsFresh),
	}
	sent := row.FirstSentAt != nil && row.NotAfter != nil
	if sent {
		// JazzHR dates what it makes by a clock in an unknown zone.
		s.from = row.FirstSentAt.AddDate(0, 0, -1).UTC().Format(time.DateOnly)
		s.to = row.NotAfter.AddDate(0, 0, 1).UTC().Format(time.DateOnly)
		s.known = *row.FirstSentAt
	}
	matches, ambiguous, crowded, err := s.run(ctx)
	switch {
	case err != nil:
		return reading{}, err
	case len(matches) > 0:
		return reading{result: found, ids: matches}, nil
	case crowded:
		return reading{result: namesakes}, nil
	case sent && len(ambiguous) > 0:
		// One of them may be the one that was sent. Before a first send they are people JazzHR holds without an email.
		return reading{result: notComparable, ids: ambiguous}, nil
	}
	return reading{result: absent}, nil
}

// names are what the applicant may be called: writebacks of one email may give different names, and any of them may have sent
// theirs.
func (a newApplicant) names(ctx context.Context, effectID uuid.UUID) (names []name, err error) {
	rows, err := gen.New().EffectNames(ctx, a.pool, a.account.tenant, &effectID)
	for _, row := range rows {
		names = append(names, name{row.FirstName, row.LastName})
	}
	return names, wrap("look up the names given", err)
}

func (a newApplicant) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (bool, error) {
	detail, err := a.account.read.Applicant(ctx, *confirmed.RemoteID)
	if errors.Is(err, jazzhr.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a confirmed applicant: %w", err)
	}
	s := search{account: a.account, pool: a.pool, names: []name{{detail.FirstName, detail.LastName}}}
	ids, err := s.namesakes(ctx)
	if err != nil {
		return false, err
	}
	if slices.Contains(ids, *confirmed.RemoteID) {
		return jazzhr.NormalizeEmail(detail.Email) == confirmed.Key, nil
	}
	return false, nil
}

func (a newApplicant) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return a.account.write.CreateApplicant(ctx, send, a.wanted)
}

// newLink is a link to be made between an applicant and a job.
type newLink struct {
	account            account
	applicantID, jobID string
}

// linkKey is unique in JazzHR: the pair.
func linkKey(applicantID, jobID string) string { return applicantID + "/" + jobID }

func (l newLink) look(ctx context.Context, _ gen.Effect) (reading, error) {
	ids, err := l.links(ctx, l.applicantID, l.jobID)
	if err != nil || len(ids) > 0 {
		return reading{result: found, ids: ids}, err
	}
	// No link is listed for an applicant that is gone either, and gone is not absent.
	_, err = l.account.read.Applicant(ctx, l.applicantID)
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
		rows, err := l.account.read.Links(ctx, jazzhr.LinkFilter{ApplicantID: applicantID, JobID: jobID}, page)
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

func (l newLink) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (bool, error) {
	applicantID, jobID, _ := strings.Cut(confirmed.Key, "/")
	ids, err := l.links(ctx, applicantID, jobID)
	return len(ids) > 0, err
}

func (l newLink) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return l.account.write.LinkApplicant(ctx, send, l.applicantID, l.jobID)
}

// newNote is one part of an interview's note to be written.
type newNote struct {
	account     account
	pool        *pgxpool.Pool
	applicantID string
	route       jazzhr.NoteRoute
	reference   string
	contents    string
}

// noteKey is what a part of a note is unique by, here and, as its reference, in JazzHR.
func noteKey(interviewID string, revision, part int) string {
	return fmt.Sprintf("%s/%d/%d", interviewID, revision, part)
}

// keyReference is the reference of the note that has the key.
func keyReference(tenant uuid.UUID, key string) (string, error) {
	rest, part := cutLast(key)
	interviewID, revision := cutLast(rest)
	r, err := strconv.Atoi(revision)
	if err != nil {
		return "", fmt.Errorf("note key: %w", err)
	}
	p, err := strconv.Atoi(part)
	if err != nil {
		return "", fmt.Errorf("note key: %w", err)
	}
	return queue.Reference(tenant, interviewID, r, p), nil
}

func cutLast(s string) (before, after string) {
	at := strings.LastIndexByte(s, '/')
	return s[:max(at, 0)], s[at+1:]
}

func (n newNote) look(ctx context.Context, _ gen.Effect) (reading, error) {
	return n.notes(ctx, n.applicantID, n.reference)
}

func (n newNote) notes(ctx context.Context, applicantID, reference string) (reading, error) {
	detail, err := n.account.read.Applicant(ctx, applicantID)
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
		if carries(comment.Text, reference) {
			ids = append(ids, comment.ID)
		}
	}
	if len(ids) == 0 {
		return reading{result: absent}, nil
	}
	return reading{result: found, ids: ids}, nil
}

func (n newNote) readBack(ctx context.Context, confirmed gen.ControlEffectsRow) (bool, error) {
	reference, err := keyReference(n.account.tenant, confirmed.Key)
	if err != nil {
		return false, err
	}
	var applicantID string
	err = db.InTenant(ctx, n.pool, n.account.tenant, func(tx db.TenantTx) error {
		applicantID, err = tx.Q.EffectApplicant(ctx, tx, tx.Tenant, &confirmed.EffectID)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("find a confirmed note's applicant: %w", err)
	}
	seen, err := n.notes(ctx, applicantID, reference)
	return seen.result == found, err
}

func (n newNote) send(ctx context.Context, send jazzhr.Send) (string, error) {
	return n.account.write.WriteNote(ctx, send, n.route, n.applicantID, n.contents)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// carries reports whether a note's text holds a reference, whatever HTML and spacing it has come to have.
func carries(text, reference string) bool {
	bare := strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(text, ""))), "")
	return strings.Contains(bare, reference) || strings.Contains(strings.Join(strings.Fields(text), ""), reference)
}
