package intrvio

import "time"

const (
	// DeliveryWindow is how long after its timestamp an event is pushed. A failure after that marks
	// the event failed.
	DeliveryWindow = 5 * 24 * time.Hour
	// Retention is how long after its timestamp an event can be pulled.
	Retention = 30 * 24 * time.Hour

	firstRetryDelay = 10 * time.Second
	maxRetryDelay   = time.Hour
	retryJitter     = 0.2
)

// RetryDelay returns how long to wait after a failed delivery. attempt counts the failures from 1.
// The wait starts at 10 s and doubles up to an hour. random, in [0, 1), makes it up to a fifth
// shorter or longer. So a receiver that is back waits at most 72 minutes for what it missed.
func RetryDelay(attempt int, random float64) time.Duration {
	delay := firstRetryDelay
	for i := 1; i < attempt && delay < maxRetryDelay; i++ {
		delay *= 2
	}
	delay = min(delay, maxRetryDelay)
	return time.Duration(float64(delay) * (1 - retryJitter + 2*retryJitter*random))
}
