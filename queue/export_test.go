package queue

import "time"

// Cut splits a text as the parts of a note are split.
func Cut(text string, limit int) []string { return cut(text, limit) }

// Beating moves the node's memory of its own heartbeats: unbroken for so long, the last one so long ago.
func (n *Node) Beating(unbroken, last time.Duration) {
	now := time.Now()
	n.beating, n.lastBeat = now.Add(-unbroken), now.Add(-last)
}

// SweptNow makes the ticker's next sweep a whole interval away.
func (t *Ticker) SweptNow() { t.lastSweep = time.Now() }
