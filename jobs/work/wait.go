package work

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jobs/breaker"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

// ReadsMayFail is how long JazzHR may fail to answer reads for a row, without a break, before the
// row becomes a case.
const ReadsMayFail = 3 * 24 * time.Hour

// Errors of work that make a row wait.
var (
	// ErrUnreadable says that an answer of JazzHR's leaves open what was asked.
	ErrUnreadable = errors.New("JazzHR's answer can't tell: to be read again")
	// ErrNodeLapsed says that this node may start no send.
	ErrNodeLapsed = errors.New("this node's heartbeat has lapsed: it starts no send")
)

// Wait says why and how long a row waits.
type Wait struct {
	Why   outcome.Code
	In    time.Duration // from now; or
	Until time.Time
	// Effect is another writeback's effect. Its end ends the wait.
	Effect *uuid.UUID
	Error  string
	// Failing says that JazzHR could not be asked. That is counted, and does not go on for ever.
	Failing bool
	// RefusedKey and TooMany say what the error means for the whole tenant, and Outage that it means
	// all of JazzHR.
	RefusedKey bool
	TooMany    bool
	Outage     bool
}

const (
	firstRetry = 5 * time.Second
	lastRetry  = 15 * time.Minute
)

// WaitAfter says what an error of work for a tenant means: why and how long its row waits. known is
// false for an error that is not JazzHR's (the database, a bug): River tries such a job again.
func WaitAfter(err error, attempts int) (w Wait, known bool) {
	w.Error = err.Error()
	var paced *queue.PacedError
	var open *breaker.OpenError
	var failed *jazzhr.Error
	switch {
	case errors.As(err, &open):
		return Wait{Why: outcome.WaitsOutage, In: open.Wait, Outage: true}, true
	case errors.As(err, &paced):
		return Wait{Why: outcome.WaitsRateLimit, In: paced.Wait}, true
	case errors.Is(err, ErrNodeLapsed):
		return Wait{Why: outcome.WaitsQueue, In: queue.NodeTimeout}, true
	case errors.Is(err, queue.ErrClockStepped):
		return Wait{Why: outcome.WaitsQueue, In: 2 * queue.BeatInterval}, true
	case errors.Is(err, ErrUnreadable):
	case !errors.As(err, &failed):
		return Wait{}, false
	case failed.Kind == jazzhr.Unauthorized:
		w.Why, w.RefusedKey = outcome.WaitsCredentials, true
		return w, true
	case failed.Kind == jazzhr.RateLimited:
		w.Why, w.TooMany, w.In = outcome.WaitsRateLimit, true, failed.RetryAfter
		return w, true
	}
	w.Why, w.Failing = outcome.WaitsRetry, true
	w.In = backoff(attempts)
	return w, true
}

// backoff doubles from 5 s to 15 min. Each delay is up to a quarter shorter or longer by chance.
func backoff(attempts int) time.Duration {
	delay := firstRetry
	for i := 0; i < attempts && delay < lastRetry; i++ {
		delay *= 2
	}
	return time.Duration(float64(min(delay, lastRetry)) * (0.75 + rand.Float64()/2))
}

// Wrap adds to an error what was being done. It returns nil for nil.
func Wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
