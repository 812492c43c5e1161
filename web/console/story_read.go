package console

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/tenant"
)

const (
	// storyRows bounds how much of each kind a story tells, the latest first.
	storyRows = 20
	// storyJobs is how many of River's jobs of one subject are looked at.
	storyJobs = 5
)

// readStory reads all that is known about a candidate, and judges where it stands.
func (k *Console) readStory(ctx context.Context, c foundCandidate) (story, error) {
	told := story{Name: c.Name, Email: c.Email}
	var m material
	var err error
	told.Tenant, err = k.config.Tenants.Get(ctx, c.Tenant)
	if err != nil {
		return told, err
	}
	told.State, _ = tenant.StateOf(told.Tenant)
	err = db.InTenant(ctx, k.config.Pool, c.Tenant, func(tx db.TenantTx) error {
		if err := m.readChain(ctx, tx, c); err != nil {
			return err
		}
		return m.readRest(ctx, tx)
	})
	if err != nil {
		return told, fmt.Errorf("read a candidate's story: %w", err)
	}
	if err := k.readStoryJobs(ctx, &m); err != nil {
		return told, err
	}
	told.Applicants = m.applicants
	told.name(m)
	told.Threads = m.threads()
	for i := range told.Threads {
		t := &told.Threads[i]
		t.Verdict = t.judge(told.Tenant, m)
		t.Moments = t.tell(told.Tenant, m)
	}
	return told, nil
}

// readChain follows what belongs together: requests, their webhooks and moves, their writebacks, and the applicants of all.
func (m *material) readChain(ctx context.Context, tx db.TenantTx, c foundCandidate) (err error) {
	// A writeback may name a request, a request an applicant, and an applicant further requests.
	for range 2 {
		m.writebacks, err = tx.Q.StoryWritebacks(ctx, tx, gen.StoryWritebacksParams{
			TenantID: tx.Tenant, WritebackIds: c.Writebacks, RequestIds: c.Requests, ApplicantIds: c.Applicants, MaxRows: storyRows,
		})
		if err != nil {
			return err
		}
		for _, w := range m.writebacks {
			if w.RequestID != nil {
				c.Requests = merge(c.Requests, []uuid.UUID{*w.RequestID})
			}
			if w.ApplicantID != nil {
				c.Applicants = merge(c.Applicants, []string{*w.ApplicantID})
			}
		}
		m.requests, err = tx.Q.StoryRequests(ctx, tx, gen.StoryRequestsParams{
			TenantID: tx.Tenant, RequestIds: c.Requests, ApplicantIds: c.Applicants, WebhookIds: c.Webhooks, MaxRows: storyRows,
		})
		if err != nil {
			return err
		}
		for _, r := range m.requests {
			c.Requests = merge(c.Requests, []uuid.UUID{r.RequestID})
			if r.ApplicantID != nil {
				c.Applicants = merge(c.Applicants, []string{*r.ApplicantID})
			}
			if r.WebhookID != nil {
				c.Webhooks = merge(c.Webhooks, []uuid.UUID{*r.WebhookID})
			}
		}
	}
	var activities []string
	for _, r := range m.requests {
		if r.ActivityID != nil {
			activities = append(activities, *r.ActivityID)
		}
	}
	if m.entries, err = tx.Q.StoryStageEntries(ctx, tx, gen.StoryStageEntriesParams{
		TenantID: tx.Tenant, ApplicantIds: c.Applicants, ActivityIds: activities, MaxRows: storyRows,
	}); err != nil {
		return err
	}
	if m.webhooks, err = tx.Q.StoryWebhooks(ctx, tx, tx.Tenant, c.Webhooks); err != nil {
		return err
	}
	m.applicants, err = tx.Q.StoryApplicants(ctx, tx, tx.Tenant, c.Applicants)
	return err
}

// readRest reads what hangs on the chain: steps with their effects, events, decisions, and what the jobs are called.
func (m *material) readRest(ctx context.Context, tx db.TenantTx) (err error) {
	var subjects, jobs []string
	var writebacks, items []uuid.UUID
	for _, r := range m.requests {
		subjects, jobs = append(subjects, r.RequestID.String()), append(jobs, orEmpty(r.JobID))
	}
	for _, w := range m.webhooks {
		subjects, items = append(subjects, w.WebhookID.String()), append(items, w.WebhookID)
	}
	for _, w := range m.writebacks {
		subjects, jobs = append(subjects, w.WritebackID.String()), append(jobs, orEmpty(w.JobID))
		writebacks, items = append(writebacks, w.WritebackID), append(items, w.WritebackID)
	}
	if m.steps, err = tx.Q.StorySteps(ctx, tx, tx.Tenant, writebacks); err != nil {
		return err
	}
	if m.events, err = tx.Q.StoryEvents(ctx, tx, tx.Tenant, subjects); err != nil {
		return err
	}
	if m.decisions, err = tx.Q.StoryDecisions(ctx, tx, tx.Tenant, items); err != nil {
		return err
	}
	m.titles, err = openingTitles(ctx, tx, jobs)
	return err
}

// readStoryJobs reads what River still knows of the story's jobs, and whether anybody works the queue.
func (k *Console) readStoryJobs(ctx context.Context, m *material) error {
	var subjects []string
	for _, w := range m.webhooks {
		subjects = append(subjects, w.WebhookID.String())
	}
	for _, w := range m.writebacks {
		subjects = append(subjects, w.WritebackID.String())
	}
	for _, e := range m.entries {
		subjects = append(subjects, e.ActivityID)
	}
	q := gen.New()
	var err error
	if m.jobs, err = q.SystemStoryJobs(ctx, k.config.Pool, subjects, storyJobs); err != nil {
		return fmt.Errorf("read a story's jobs: %w", err)
	}
	nodes, err := q.SystemNodes(ctx, k.config.Pool)
	if err != nil {
		return fmt.Errorf("read the nodes: %w", err)
	}
	for _, node := range nodes {
		m.workers = m.workers || node.SilentSeconds <= silentNode
	}
	return nil
}

// name finds out what the person is called, by the best of what was read.
func (s *story) name(m material) {
	for _, w := range m.writebacks {
		s.Name, s.Email = cmp.Or(s.Name, personName(w.FirstName, w.LastName)), cmp.Or(s.Email, orEmpty(w.Email))
	}
	for _, r := range m.requests {
		s.Name, s.Email = cmp.Or(personName(r.FirstName, r.LastName), s.Name), cmp.Or(orEmpty(r.Email), s.Email)
	}
	for _, w := range m.webhooks {
		if s.Name != "" && s.Email != "" {
			break
		}
		name, email := exportedName(exportedPerson(w.Body))
		s.Name, s.Email = cmp.Or(s.Name, name), cmp.Or(s.Email, email)
	}
	for _, a := range m.applicants {
		s.Name, s.Email = cmp.Or(s.Name, capitals(orEmpty(a.FoldedName))), cmp.Or(s.Email, orEmpty(a.Email))
	}
	s.Name = cmp.Or(s.Name, s.Email, "Nobody known by name")
}
