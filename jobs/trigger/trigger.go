// Package trigger finds out whom and which job an export or a move to a stage is about, and asks
// Intrvio for the interview. An export and a move that belong together are matched, so that they
// ask once: [ResolveExportWorker] and [ResolveStageEntryWorker] are the two ways in, match.go is
// where they meet.
package trigger

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/intrvio/jazzhr-worker/jobs/mirror"
	"github.com/intrvio/jazzhr-worker/jobs/work"
	"github.com/intrvio/jazzhr-worker/queue"
)

// Triggers asks for interviews.
type Triggers struct {
	Pool     *pgxpool.Pool
	Client   *queue.Client // inserts the deliveries of events
	Accounts work.Accounts
	Mirror   *mirror.Mirror
	// MatchWindow is how far apart an export and a move to a stage may be first seen to be one
	// request.
	MatchWindow time.Duration
	// JazzHRURL is where JazzHR's API is. Files at the same host are JazzHR's.
	JazzHRURL string
}

const (
	// resolveFor is how long a person is looked for: JazzHR's lists lag behind what its users do.
	resolveFor = 10 * time.Minute
	// resolveEvery is how often.
	resolveEvery = 20 * time.Second
)
