package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
)

// findings bounds how many failures are printed one by one.
const findings = 20

// outcome is how a writeback ended.
type outcome struct{ state, reason string }

// check holds what stands in JazzHR against what was accepted.
func (w *torture) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	outcomes, err := w.outcomes()
	if err != nil {
		w.t.Fatal(err)
	}
	if len(outcomes) != len(w.accepted) {
		w.t.Errorf("%d writebacks in the database, %d were accepted", len(outcomes), len(w.accepted))
	}
	accounts := map[*customer]*account{}
	for _, c := range w.customers {
		accounts[c] = readAccount(c)
	}
	for _, x := range w.accepted {
		w.checkOne(x, outcomes[x.id], accounts[x.customer])
	}
	for _, duplicate := range w.sim.Duplicates() {
		if w.doubled++; w.doubled <= findings {
			w.t.Errorf("doubled: %s\n%s", duplicate, w.history(duplicate.IDs))
		}
	}
	for c, a := range accounts {
		// Whatever is there was asked for, or was there before.
		if got := len(c.account.Applicants()); w.attention == 0 && got != a.people {
			w.t.Errorf("%s holds %d applicants, want %d", c.account.ID(), got, a.people)
		}
		if got := len(c.account.Links("")); w.attention == 0 && got != len(a.emails) {
			w.t.Errorf("%s holds %d links, want %d", c.account.ID(), got, len(a.emails))
		}
		if got := len(c.account.Notes("")); w.attention == 0 && got != a.notes {
			w.t.Errorf("%s holds %d notes, want %d", c.account.ID(), got, a.notes)
		}
	}
}

// account is what an account in JazzHR holds, and how much of it was asked for.
type account struct {
	notes, people int
	emails        map[string]bool     // of the people asked for
	texts         map[string][]string // notes by applicant, oldest first
}

func readAccount(c *customer) *account {
	a := &account{emails: map[string]bool{}, texts: map[string][]string{}}
	for _, n := range c.account.Notes("") {
		a.texts[n.ApplicantID] = append(a.texts[n.ApplicantID], n.Text)
	}
	return a
}

func (w *torture) checkOne(x submission, o outcome, a *account) {
	a.notes += x.note.PartCount()
	if !a.emails[x.email] {
		a.emails[x.email] = true
		a.people++
	}
	if x.namesake {
		a.people++
	}
	switch missing := x.missing(a); {
	case o.state == queue.StateAttention:
		w.attention++
		fmt.Fprintf(os.Stderr, "attention: %s of %s: %s\n", x.interview, x.account.ID(), o.reason)
	case o.state != queue.StateDone || missing != "":
		if w.lost++; w.lost <= findings {
			w.t.Errorf("lost: %s of %s is %q (%s); missing: %s", x.interview, x.account.ID(), o.state, o.reason, missing)
		}
	}
}

// missing says what of the writeback does not stand in JazzHR, or not in order. What stands there
// twice is found apart.
func (x submission) missing(a *account) string {
	people := x.account.ApplicantsByEmail(x.email)
	switch len(people) {
	case 0:
		return "the applicant"
	case 1:
	default:
		return ""
	}
	if !slices.ContainsFunc(x.account.Links(people[0].ID), func(l jazzhrtest.Link) bool { return l.JobID == x.job.ID }) {
		return "the link"
	}
	at := -1
	for part := range x.note.PartCount() {
		reference := writeback.Reference(x.tenant, x.interview, 1, part+1)
		text := x.note.Part(part+1, reference)
		i := slices.Index(a.texts[people[0].ID], text)
		if i <= at {
			return fmt.Sprintf("part %d of the note", part+1)
		}
		at = i
	}
	return ""
}

func (w *torture) outcomes() (map[uuid.UUID]outcome, error) {
	rows, err := w.database.Pool.Query(w.t.Context(), "SELECT writeback_id, state, coalesce(last_error, '') FROM jazzhr.writebacks")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[uuid.UUID]outcome{}
	for rows.Next() {
		var id uuid.UUID
		var o outcome
		if err := rows.Scan(&id, &o.state, &o.reason); err != nil {
			return nil, err
		}
		all[id] = o
	}
	return all, rows.Err()
}

// history is when JazzHR applied some writes, and the ledger's rows of them.
func (w *torture) history(ids []string) string {
	var text strings.Builder
	for _, write := range w.sim.Writes() {
		if slices.Contains(ids, write.ID) {
			fmt.Fprintf(&text, "  %s %s %s lost=%t late=%t\n", write.At.Format(time.StampMicro), write.Endpoint, write.ID, write.Lost, write.Late)
		}
	}
	rows, err := w.database.Pool.Query(w.t.Context(), `SELECT e::text FROM jazzhr.effects e
		WHERE remote_id = ANY($1) OR EXISTS (SELECT FROM unnest($1::text[]) id WHERE strpos(evidence::text, id) > 0)`, ids)
	if err != nil {
		return text.String() + err.Error()
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			return text.String() + err.Error()
		}
		text.WriteString("  " + row + "\n")
	}
	return text.String()
}

// report prints how far it is, every ten seconds. Small runs say nothing but their end.
func (w *torture) report(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		pending, err := w.pending(ctx)
		if err != nil {
			continue
		}
		w.mu.Lock()
		accepted := len(w.accepted)
		w.mu.Unlock()
		fmt.Fprintf(os.Stderr, "%6s  %d accepted, %d of them wait, %d doubled\n",
			time.Since(w.started).Round(time.Second), accepted, pending, len(w.sim.Duplicates()))
	}
}

// summary prints what was done and what became of it.
func (w *torture) summary() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out strings.Builder
	fmt.Fprintf(&out, "torture, seed %d: %d writebacks of %d tenants in %s; %d API calls made again\n",
		*tortureSeed, len(w.accepted), len(w.customers), time.Since(w.started).Round(time.Second), w.repeated)
	posts, lost := 0, 0
	for _, endpoint := range []string{
		jazzhrtest.EndpointCreateApplicant, jazzhrtest.EndpointLinkApplicant, jazzhrtest.EndpointNotes, jazzhrtest.EndpointApplicantNotes,
	} {
		posts += w.sim.Count(endpoint)
	}
	for _, f := range w.faults {
		if f.lost {
			lost += f.Hits()
		}
	}
	fmt.Fprintf(&out, "%d writes in JazzHR by %d POSTs, of which %d (%d %%) had their answer lost\n", len(w.sim.Writes()), posts, lost, 100*lost/max(posts, 1))
	for _, f := range w.faults {
		fmt.Fprintf(&out, "%8d  %s\n", f.Hits(), f.name)
	}
	for _, name := range slices.Sorted(maps.Keys(w.strikes)) {
		fmt.Fprintf(&out, "%8d  %s\n", w.strikes[name], name)
	}
	if n := len(w.takeovers); n > 0 {
		slices.Sort(w.takeovers)
		fmt.Fprintf(&out, "%d jobs of killed processes went on elsewhere: p50 %.1f s, p90 %.1f s, max %.1f s (%d not seen to)\n",
			n, w.takeovers[n/2].Seconds(), w.takeovers[n*9/10].Seconds(), w.takeovers[n-1].Seconds(), len(w.left))
	}
	fmt.Fprintf(&out, "%d doubled, %d lost, %d with a person\n", w.doubled, w.lost, w.attention)
	fmt.Fprint(os.Stderr, out.String())
}
