package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Continue enqueues the rest of a note's part that the account has cut, as a writeback of its own on
// the same applicant. The same rest again changes nothing. Its interview is named after the first
// one's.
func Continue(
	ctx context.Context, tx pgx.Tx, client *queue.Client, of gen.Writeback, part int, rest string,
) (created bool, err error) {
	w := Writeback{
		InterviewID: continuedID(of, part), Revision: 1,
		Candidate: Candidate{ID: of.CandidateID, ApplicantID: db.Text(of.ApplicantID)},
		Note:      Note{Transcript: rest, continues: true},
	}
	scope := db.ForTenant(tx, of.TenantID)
	owner, err := queue.ConnectedTenant(ctx, scope)
	if err != nil {
		return false, err
	}
	_, created, err = enqueue(ctx, scope, client, owner, w)
	return created, err
}

// continuedID names the writeback that continues a part. An id is not longer than one may be.
func continuedID(of gen.Writeback, part int) string {
	id := fmt.Sprintf("%s/%d/%d/continued", of.InterviewID, of.Revision, part)
	if len(id) > maxInterviewID {
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:]) + "/continued"
	}
	return id
}
