package intrvio

import "time"

const (
	// DeliveryWindow is how long after its timestamp an event is pushed; a failure past it marks the event failed.
	DeliveryWindow = 5 * 24 * time.Hour
	// Retention is how long after its timestamp an event can be pulled.
	Retention = 30 * 24 * time.Hour

	firstRetryDelay = 10 * time.Second
	maxRetryDelay   = time.Hour
	retryJitter     = 0.2
)

// RetryDelay is the time to wait after the attempt-th failed delivery of an event, counted from 1: 10 s, doubling up to
// an hour, each a fifth shorter or longer by random, which must lie in [0, 1). An hour is also the longest a recovered
// receiver waits for what it missed.
func RetryDelay(attempt int, random float64) time.Duration {
	delay := firstRetryDelay
	for i := 1; i < attempt && delay < maxRetryDelay; i++ {
		delay *= 2
	}
	delay = min(delay, maxRetryDelay)
	return time.Duration(float64(delay) * (1 - retryJitter + 2*retryJitter*random))
}
