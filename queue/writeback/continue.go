package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Continue enqueues the rest of a note's part that the account has cut, as a writeback of its own on
// the same applicant. Its interview is named after the first one's. If the part was continued before,
// or the tenant is not connected any more, nothing happens.
func Continue(
	ctx context.Context, tx db.TenantTx, client *queue.Client, of gen.Writeback, part int, rest string,
) error {
	w := Writeback{
		InterviewID: continuedID(of, part), Revision: 1,
		Candidate: Candidate{ID: of.CandidateID, ApplicantID: db.Text(of.ApplicantID)},
		Note:      Note{Transcript: rest, continues: true},
	}
	owner, err := queue.ConnectedTenant(ctx, tx)
	if err == nil {
		_, _, err = enqueue(ctx, tx, client, owner, w)
	}
	if _, before := errors.AsType[*queue.ConflictError](err); before || errors.Is(err, queue.ErrNotConnected) {
		return nil
	}
	return err
}

// continuedSuffix ends the ids of interviews whose note is the rest of another's. Nobody else may use
// it.
const continuedSuffix = "/continued"

// continuedID names the writeback that continues a part. An id is not longer than one may be.
func continuedID(of gen.Writeback, part int) string {
	id := fmt.Sprintf("%s/%d/%d%s", of.InterviewID, of.Revision, part, continuedSuffix)
	if len(id) > maxInterviewID {
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:]) + continuedSuffix
	}
	return id
}
