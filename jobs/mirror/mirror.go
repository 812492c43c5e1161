// Package mirror keeps our copy of what stands in a tenant's JazzHR account: activities,
// applicants, links and job openings. Polls read what is new ([PollActivitiesWorker],
// [PollOpeningsWorker]), full passes read the lists from end to end ([FullSyncWorker]), and each
// difference becomes an event. [Mirror.FindOpening] looks a job opening up, in the copy first.
package mirror

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Mirror reads accounts into our tables.
type Mirror struct {
	Pool     *pgxpool.Pool
	Client   *queue.Client // inserts jobs and the deliveries of events
	Accounts work.Accounts
	// Missed is told how many rows of a list a full pass found that polls should have found.
	Missed func(list string, rows int)
}

// The lists, as their cursors name them.
const (
	ListActivities = "activities"
	ListApplicants = "applicants"
	ListLinks      = "links"
)
