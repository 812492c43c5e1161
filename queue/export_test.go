package queue

import "time"

// Beating sets what the node remembers of its own heartbeats: for how long they have been unbroken,
// and how long ago the last one was.
func (n *Node) Beating(unbroken, last time.Duration) {
	now := time.Now()
	n.beating, n.lastBeat = now.Add(-unbroken), now.Add(-last)
}

// SweptNow makes the ticker's next sweep a whole interval away.
func (t *Ticker) SweptNow() { t.lastSweep = time.Now() }

// Reindexed returns the names of the indexes that River rebuilds each night.
func Reindexed() []string { return reindexed() }
