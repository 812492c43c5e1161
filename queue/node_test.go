package queue_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/queuetest"
)

// join adds a node whose heartbeats have been unbroken for long enough to judge others.
func join(t *testing.T, f *queuetest.Fixture, id string) *queue.Node {
	t.Helper()
	node, err := queue.JoinNode(t.Context(), f.Pool, id, &queue.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	node.Beating(2*queue.NodeTimeout, queue.BeatInterval)
	return node
}

// silence makes a node's last heartbeat older than it may be.
func silence(t *testing.T, f *queuetest.Fixture, node string) {
	t.Helper()
	f.Exec(t, "UPDATE jazzhr.nodes SET beat_at = jazzhr.now() - $2::bigint * interval '1 second' WHERE node_id = $1",
		node, int64(queue.NodeTimeout/time.Second)+1)
}

// startJob inserts a job and has a node run it for the third time.
func startJob(t *testing.T, f *queuetest.Fixture, node string) *river.Job[queue.CheckKey] {
	t.Helper()
	args := queue.CheckKey{TenantID: uuid.New()}
	job := &river.Job[queue.CheckKey]{Args: args}
	err := db.InTx(t.Context(), f.Pool, func(tx pgx.Tx) error {
		inserted, err := f.Client.InsertTx(t.Context(), tx, args, nil)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `
			UPDATE jazzhr.river_job SET
				state = 'running', attempt = 3, attempted_at = now(), attempted_by = array['an-earlier-node', $2]
			WHERE id = $1`, inserted.Job.ID, node); err != nil {
			return err
		}
		job.JobRow, err = f.Client.JobGetTx(t.Context(), tx, inserted.Job.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// jobState returns a job's state and attempt.
func jobState(t *testing.T, f *queuetest.Fixture, job int64) string {
	t.Helper()
	return queuetest.One[string](t, f, "SELECT state || ' ' || attempt FROM jazzhr.river_job WHERE id = $1", job)
}

// beat has a node send its heartbeat, and returns how many jobs it gave back.
func beat(t *testing.T, node *queue.Node) int64 {
	t.Helper()
	returned, err := node.Beat(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return returned
}

func nodeIDs(t *testing.T, f *queuetest.Fixture) []string {
	t.Helper()
	return queuetest.All[string](t, f, "SELECT node_id FROM jazzhr.nodes ORDER BY node_id")
}

func TestDeadNodesJobsAreGivenBack(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	alive, own := join(t, f, "alive"), startJob(t, f, "alive")
	join(t, f, "dead")
	join(t, f, "other")
	lost, others := startJob(t, f, "dead"), startJob(t, f, "other")
	if returned := beat(t, alive); returned != 0 {
		t.Errorf("%d jobs of living nodes were given back", returned)
	}

	silence(t, f, "dead")
	if returned := beat(t, alive); returned != 1 {
		t.Errorf("%d jobs were given back", returned)
	}
	// It can be taken at once, and its attempts count on.
	if state := jobState(t, f, lost.ID); state != "available 3" {
		t.Errorf("the dead node's job is %s", state)
	}
	for _, job := range []int64{own.ID, others.ID} {
		if state := jobState(t, f, job); state != "running 3" {
			t.Errorf("a living node's job is %s", state)
		}
	}
	if got := nodeIDs(t, f); !slices.Equal(got, []string{"alive", "other"}) {
		t.Errorf("the nodes are %q", got)
	}
}

// TestDeadLeadersLeaseEnds checks that another node may lead at once, and is told so by River's own
// notification.
func TestDeadLeadersLeaseEnds(t *testing.T) {
	t.Parallel()
	for _, leader := range []string{"dead", "other"} {
		t.Run(leader+" leads", func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			alive := join(t, f, "alive")
			join(t, f, "dead")
			join(t, f, "other")
			f.Exec(t,
				`INSERT INTO jazzhr.river_leader (elected_at, expires_at, leader_id)
				VALUES (now(), now() + interval '15 seconds', $1)`, leader)
			conn, err := f.Pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Release()
			if _, err := conn.Exec(t.Context(), `LISTEN "jazzhr.river_leadership"; LISTEN done`); err != nil {
				t.Fatal(err)
			}
			silence(t, f, "dead")
			beat(t, alive)
			f.Exec(t, "NOTIFY done")

			heard, err := conn.Conn().WaitForNotification(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leaders := queuetest.All[string](t, f, "SELECT leader_id FROM jazzhr.river_leader")
			if leader == "other" {
				if heard.Channel != "done" || !slices.Equal(leaders, []string{"other"}) {
					t.Errorf("the leaders are %q, and heard was %s %s", leaders, heard.Channel, heard.Payload)
				}
				return
			}
			var notification struct {
				Action   string `json:"action"`
				LeaderID string `json:"leader_id"`
			}
			if err := json.Unmarshal([]byte(heard.Payload), &notification); err != nil ||
				notification.Action != "resigned" || notification.LeaderID != "dead" {
				t.Errorf("heard %s %s, error %v", heard.Channel, heard.Payload, err)
			}
			if len(leaders) != 0 {
				t.Errorf("the leaders are %q", leaders)
			}
		})
	}
}

// TestSilentNodeJudgesNobody checks that a node that was stopped, or cut off from the database,
// takes no other for dead until it has lived for a whole timeout again.
func TestSilentNodeJudgesNobody(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*queue.Node){
		"was stopped":  func(n *queue.Node) { n.Beating(time.Hour, queue.NodeTimeout) },
		"just joined":  func(n *queue.Node) { n.Beating(queue.BeatInterval, queue.BeatInterval) },
		"nearly there": func(n *queue.Node) { n.Beating(queue.NodeTimeout-queue.BeatInterval, queue.BeatInterval) },
	}
	for name, silent := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := queuetest.New(t)
			node := join(t, f, "silent")
			join(t, f, "dead")
			silence(t, f, "dead")
			lost := startJob(t, f, "dead")
			silent(node)
			for range 2 { // the second follows at once, and is not enough either
				if returned := beat(t, node); returned != 0 {
					t.Errorf("%d jobs were given back", returned)
				}
			}
			if state := jobState(t, f, lost.ID); state != "running 3" {
				t.Errorf("the job is %s", state)
			}
			node.Beating(queue.NodeTimeout+queue.BeatInterval, queue.BeatInterval)
			if returned := beat(t, node); returned != 1 {
				t.Errorf("after a whole timeout %d jobs were given back", returned)
			}
		})
	}
}

// TestOrphansAreGivenBack checks what becomes of jobs whose node is not in the list.
func TestOrphansAreGivenBack(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	alive := join(t, f, "alive")
	old, fresh, own := startJob(t, f, "unknown"), startJob(t, f, "unknown"), startJob(t, f, "alive")
	f.Exec(t,
		"UPDATE jazzhr.river_job SET attempted_at = now() - interval '1 hour' WHERE id = any($1)",
		[]int64{old.ID, own.ID})
	if returned := beat(t, alive); returned != 1 {
		t.Errorf("%d jobs were given back", returned)
	}
	for job, want := range map[int64]string{old.ID: "available 3", fresh.ID: "running 3", own.ID: "running 3"} {
		if state := jobState(t, f, job); state != want {
			t.Errorf("the job is %s, want %s", state, want)
		}
	}
}

func TestReapersAtOnce(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	reapers := []*queue.Node{join(t, f, "a"), join(t, f, "b"), join(t, f, "c")}
	const jobs = 6
	for range jobs {
		startJob(t, f, "dead")
	}
	join(t, f, "dead")
	silence(t, f, "dead")
	returned, errs := make([]int64, len(reapers)), make([]error, len(reapers))
	queuetest.AtOnce(len(reapers), func(i int) { returned[i], errs[i] = reapers[i].Beat(t.Context()) })
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if sum := returned[0] + returned[1] + returned[2]; sum != jobs {
		t.Errorf("%v jobs were given back, of %d", returned, jobs)
	}
}

func TestNodesComeAndGo(t *testing.T) {
	t.Parallel()
	f := queuetest.New(t)
	if one, other := queue.NewNodeID("host"), queue.NewNodeID("host"); one == other {
		t.Errorf("two starts are both named %s", one)
	}
	node := join(t, f, "a")
	f.Exec(t, "DELETE FROM jazzhr.nodes") // as one that was taken for dead
	beat(t, node)
	if got := nodeIDs(t, f); !slices.Equal(got, []string{"a"}) {
		t.Errorf("after a heartbeat the nodes are %q", got)
	}
	if err := node.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := nodeIDs(t, f); len(got) != 0 {
		t.Errorf("after it left the nodes are %q", got)
	}
}
