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
	// storyRows is the most rows of each kind in a story, the latest first.
	storyRows = 20
	// storyJobs is the most River jobs of one row that are read.
	storyJobs = 5
)

// readStory reads everything that is known about a candidate, and says where each thread stands.
func (k *Console) readStory(ctx context.Context, c foundCandidate) (story, error) {
	s := story{Name: c.Name, Email: c.Email}
	var m storyData
	var err error
	s.Tenant, err = k.config.Tenants.Get(ctx, c.Tenant)
	if err != nil {
		return s, err
	}
	s.State, _ = tenant.StateOf(s.Tenant)
	err = db.InTenant(ctx, k.config.Pool, c.Tenant, func(tx db.TenantTx) error {
		if err := m.readChain(ctx, tx, c); err != nil {
			return err
		}
		return m.readRest(ctx, tx)
	})
	if err != nil {
		return s, fmt.Errorf("read a candidate's story: %w", err)
	}
	if err := k.readStoryJobs(ctx, &m); err != nil {
		return s, err
	}
	s.Applicants = m.applicants
	s.setName(m)
	s.Threads = m.threads()
	for i := range s.Threads {
		t := &s.Threads[i]
		t.Verdict = t.assess(s.Tenant, m)
		t.Timeline = t.buildTimeline(s.Tenant, m)
	}
	return s, nil
}

// readChain reads what belongs together: requests, their webhooks and stage moves, their
// writebacks, and the applicants of all of them.
func (m *storyData) readChain(ctx context.Context, tx db.TenantTx, c foundCandidate) (err error) {
	// A writeback may name a request, a request an applicant, and an applicant further requests.
	for range 2 {
		m.writebacks, err = tx.Q.StoryWritebacks(ctx, tx, gen.StoryWritebacksParams{
			TenantID: tx.Tenant, WritebackIds: c.Writebacks, RequestIds: c.Requests,
			ApplicantIds: c.Applicants, MaxRows: storyRows,
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
			TenantID: tx.Tenant, RequestIds: c.Requests, ApplicantIds: c.Applicants,
			WebhookIds: c.Webhooks, MaxRows: storyRows,
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

// readRest reads what belongs to the rows of the chain: steps with their effects, events,
// decisions, and the titles of jobs.
func (m *storyData) readRest(ctx context.Context, tx db.TenantTx) (err error) {
	var subjects, jobs []string
	var writebacks, items []uuid.UUID
	for _, r := range m.requests {
		subjects, jobs = append(subjects, r.RequestID.String()), append(jobs, db.Text(r.JobID))
	}
	for _, w := range m.webhooks {
		subjects, items = append(subjects, w.WebhookID.String()), append(items, w.WebhookID)
	}
	for _, w := range m.writebacks {
		subjects, jobs = append(subjects, w.WritebackID.String()), append(jobs, db.Text(w.JobID))
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

// readStoryJobs reads the story's jobs that River still has, and whether a process works the queue.
func (k *Console) readStoryJobs(ctx context.Context, m *storyData) error {
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

// setName sets the name and email of the candidate, from the best source that was read.
func (s *story) setName(m storyData) {
	for _, w := range m.writebacks {
		s.Name, s.Email = cmp.Or(s.Name, personName(w.FirstName, w.LastName)), cmp.Or(s.Email, db.Text(w.Email))
	}
	for _, r := range m.requests {
		s.Name, s.Email = cmp.Or(personName(r.FirstName, r.LastName), s.Name), cmp.Or(db.Text(r.Email), s.Email)
	}
	for _, w := range m.webhooks {
		if s.Name != "" && s.Email != "" {
			break
		}
		name, email := exportedName(exportedPerson(w.Body))
		s.Name, s.Email = cmp.Or(s.Name, name), cmp.Or(s.Email, email)
	}
	for _, a := range m.applicants {
		s.Name, s.Email = cmp.Or(s.Name, capitals(db.Text(a.FoldedName))), cmp.Or(s.Email, db.Text(a.Email))
	}
	s.Name = cmp.Or(s.Name, s.Email, "Name unknown")
}
