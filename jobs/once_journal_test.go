package jobs_test

import "time"

// moved returns when the journal has grown, or after a while.
func (j *journal) moved(atMost time.Duration) {
	j.mu.Lock()
	grown := j.grown
	j.mu.Unlock()
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-grown:
	case <-timer.C:
	}
}
