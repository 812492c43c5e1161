package console

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/intake"
	"github.com/intrvio/jazzhr-worker/queue/outcome"
)

const queuePath = rootPath + "/queue"

const (
	// finishedLimit bounds how many finished jobs the throughput is computed from. What waits is
	// counted up to countLimit: jobs in each queue and state, and our own rows in each table. With
	// 100,000 waiting jobs, 300,000 finished jobs and 100,000 waiting rows in each table, the
	// page's queries took 60 ms. They run at most once in five seconds.
	finishedLimit = 10_000
	// throughputFor is the time over which the throughput is computed, in slots of slotTime.
	throughputFor = 10 * time.Minute
	slotTime      = 30 * time.Second
	errorRows     = 20
)

func (k *Console) queuePage() page {
	return page{
		route: "/queue", file: "queue", section: "/queue", load: k.loadQueue, every: 5 * time.Second,
		query: []string{"tenant", "after"},
	}
}

// queueView is the data of the page: the jobs of one tenant, or the whole queue.
type queueView struct {
	Filter  tenantFilter
	Tenant  *tenantJobs
	Waiting string
	Running int64
	Failing int64 // jobs to be tried again
	Rate    float64
	Bars    []bar
	BarText string
	Queues  []queueDepth
	Kinds   []kindStats
	Rows    []waitingRow
	Errors  []jobError
	Nodes   []nodeStats
	Leads   bool // a process is the leader
	Clear   string
}

// queueDepth is one of River's queues.
type queueDepth struct {
	Name     string
	Paused   *time.Time
	Waiting  string
	Running  int64
	Oldest   *time.Time // when the oldest job became ready to run
	OldestIn float64    // seconds
}

// kindStats are the numbers of a kind of job.
type kindStats struct {
	Kind, Text, Queue  string
	Waiting, Scheduled string
	Running, Failing   int64
	Oldest             *time.Time
	PerMinute          float64
	Took               float64 // seconds, on average
}

type waitingRow struct {
	gen.SystemWaitingRowsRow
	Text, Why string
	Shown     string // the number, with + at the limit
}

type nodeStats struct {
	gen.SystemNodesRow
	Silent bool
	Jobs   int64
}

// queueNames returns the queues in the order in which work passes through them.
func queueNames() []string {
	return []string{
		queue.QueueTick, queue.QueueReads, queue.QueueWrites, queue.QueueEvents, queue.QueuePolls,
		queue.QueueSyncs, queue.QueueAudits,
	}
}

func (k *Console) loadQueue(ctx context.Context, at place) (any, error) {
	var shown queueView
	var err error
	if shown.Filter, err = k.readTenantFilter(ctx, at); err != nil {
		return nil, err
	}
	if shown.Filter.Text != "" {
		shown.Clear = queuePath
		shown.Tenant, err = k.jobsOf(ctx, at, shown.Filter)
		return shown, err
	}
	for _, read := range []func(context.Context, *queueView) error{
		k.readDepth, k.readFinished, k.readRows, k.readErrors, k.readNodes,
	} {
		if err := read(ctx, &shown); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(shown.Kinds, func(a, b kindStats) int {
		names := queueNames()
		return cmp.Or(
			cmp.Compare(slices.Index(names, a.Queue), slices.Index(names, b.Queue)), cmp.Compare(a.Text, b.Text),
		)
	})
	return shown, nil
}

// readDepth counts what waits and runs.
func (k *Console) readDepth(ctx context.Context, shown *queueView) error {
	rows, err := gen.New().SystemJobDepth(ctx, k.config.Pool, queueNames(), countLimit)
	if err != nil {
		return fmt.Errorf("count jobs: %w", err)
	}
	states, err := gen.New().SystemQueues(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("read queues: %w", err)
	}
	total, capped := int64(0), false
	for _, name := range queueNames() {
		depth := queueDepth{Name: name}
		if i := slices.IndexFunc(states, func(q gen.RiverQueue) bool { return q.Name == name }); i >= 0 {
			depth.Paused = states[i].PausedAt
		}
		waiting := int64(0)
		for _, row := range rows {
			switch {
			case row.Queue != name:
			case row.State == "running":
				depth.Running += row.Jobs
			case row.State == "available":
				waiting += row.Jobs
				if depth.Oldest == nil || row.OldestAt.Before(*depth.Oldest) {
					depth.Oldest, depth.OldestIn = &row.OldestAt, row.OldestSeconds
				}
			}
		}
		depth.Waiting = cappedCount(waiting)
		total, capped = total+waiting, capped || waiting >= countLimit
		shown.Running += depth.Running
		shown.Queues = append(shown.Queues, depth)
	}
	shown.Waiting, _ = count(total) // it is a number
	if capped {
		shown.Waiting += "+"
	}
	for _, row := range rows {
		shown.addDepth(row)
	}
	return nil
}

// kind returns the entry of a kind of job, and adds it if there is none.
func (v *queueView) kind(name, of string) *kindStats {
	i := slices.IndexFunc(v.Kinds, func(w kindStats) bool { return w.Kind == name })
	if i < 0 {
		i = len(v.Kinds)
		v.Kinds = append(v.Kinds, kindStats{Kind: name, Text: jobText(name), Queue: of, Waiting: "0", Scheduled: "0"})
	}
	return &v.Kinds[i]
}

func (v *queueView) addDepth(row gen.SystemJobDepthRow) {
	w := v.kind(row.Kind, row.Queue)
	switch row.State {
	case "running":
		w.Running = row.Jobs
	case "retryable":
		w.Failing = row.Jobs
		v.Failing += row.Jobs
	case "available":
		w.Waiting, w.Oldest = cappedCount(row.Jobs), &row.OldestAt
	default:
		w.Scheduled = cappedCount(row.Jobs)
	}
}

// readFinished computes the throughput. If more jobs finished than finishedLimit, it is the
// throughput of a shorter time.
func (k *Console) readFinished(ctx context.Context, shown *queueView) error {
	rows, err := gen.New().SystemJobsFinished(ctx, k.config.Pool, slotTime.Seconds(), throughputFor, finishedLimit)
	if err != nil {
		return fmt.Errorf("count finished jobs: %w", err)
	}
	total, oldest := int64(0), 0.0
	slots := make([]int64, int(throughputFor/slotTime))
	for _, row := range rows {
		total += row.Jobs
		oldest = math.Max(oldest, row.OldestSeconds)
		slots[min(max(int(row.Slot), 0), len(slots)-1)] += row.Jobs
	}
	minutes := throughputFor.Minutes()
	if total >= finishedLimit {
		minutes = math.Max(oldest, 1) / 60
		slots = slots[:min(max(int(oldest/slotTime.Seconds()), 1), len(slots))] // the oldest slot is incomplete
	}
	for _, row := range rows {
		w := shown.kind(row.Kind, row.Queue)
		before := w.PerMinute * minutes
		w.PerMinute = (before + float64(row.Jobs)) / minutes
		w.Took = (w.Took*before + row.TookSeconds) / (before + float64(row.Jobs))
	}
	shown.Rate = float64(total) / minutes
	for i, n := range slices.Backward(slots) {
		label := fmt.Sprintf("%d to %d s ago: %d jobs", i*30, (i+1)*30, n)
		shown.Bars = append(shown.Bars, bar{Label: label, Value: float64(n)})
	}
	shown.BarText = fmt.Sprintf("Jobs finished in each half minute of the last %s, at most %d",
		roughly(time.Duration(len(slots))*slotTime), slices.Max(slots))
	return nil
}

func (k *Console) readRows(ctx context.Context, shown *queueView) error {
	rows, err := gen.New().SystemWaitingRows(ctx, k.config.Pool, countLimit)
	if err != nil {
		return fmt.Errorf("count waiting rows: %w", err)
	}
	writebacks := map[bool]int64{} // counted in their table: true for those with a job, false for those that wait
	for _, row := range rows {
		if writes(row.Kind) {
			writebacks[outcome.Code(row.Reason) == admitted] += row.Waiting
		}
	}
	for _, row := range rows {
		reason := outcome.Code(row.Reason)
		r := waitingRow{SystemWaitingRowsRow: row, Text: jobText(intake.KindOf(row.Kind)), Why: rowStatusText(reason)}
		if r.Shown, err = count(row.Waiting); err != nil {
			return err
		}
		if row.Waiting >= countLimit || writes(row.Kind) && writebacks[reason == admitted] >= countLimit {
			r.Shown += "+"
		}
		shown.Rows = append(shown.Rows, r)
	}
	return nil
}

// writes reports whether a kind of work is a step of a writeback. All of them are in one table.
func writes(kind string) bool {
	return kind == queue.StepCreateApplicant || kind == queue.StepLinkApplicantToJob || kind == queue.StepWriteNotes
}

func (k *Console) readNodes(ctx context.Context, shown *queueView) error {
	nodes, err := gen.New().SystemNodes(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("read the nodes: %w", err)
	}
	running, err := gen.New().SystemRunningJobs(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("count running jobs: %w", err)
	}
	for _, node := range nodes {
		n := nodeStats{SystemNodesRow: node, Silent: node.SilentSeconds > silentNode}
		for _, r := range running {
			if r.Node == node.NodeID {
				n.Jobs = r.Jobs
			}
		}
		shown.Leads = shown.Leads || node.Leads
		shown.Nodes = append(shown.Nodes, n)
	}
	return nil
}
