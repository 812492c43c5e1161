package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// maxJobChoices is the most jobs that the page offers.
const maxJobChoices = 1000

// manageConnection is the data of the page on which a customer's administrator manages a
// connection.
type manageConnection struct {
	gen.Tenant
	linkReply
	Self        string
	Grant       grant
	State       tenant.State
	Triggers    []shownTrigger
	Stages      []string // those seen in moves of the account
	Jobs        []gen.OpenOpeningsRow
	NoteContent writeback.NoteContent
	Example     string // a note with this content
}

type shownTrigger struct{ Stage, JobID, JobTitle string }

func (m *manageConnection) answer(r linkReply) { m.linkReply = r }

// NeedsConsent reports whether transcripts are written only after somebody has agreed.
func (m *manageConnection) NeedsConsent() bool { return tenant.NeedsConsent(m.Tenant) }

// Connected reports whether there is a connection to manage.
func (m *manageConnection) Connected() bool { return m.KeySealed != nil }

func (k *Console) loadManage(ctx context.Context, at place) (any, error) {
	v, err := k.linkRequestOf(ctx, at)
	if err != nil {
		return nil, err
	}
	m := &manageConnection{
		Tenant: v.tenant, Self: at.path, Grant: v.grant, NoteContent: writeback.NoteContentOf(v.tenant),
	}
	m.State, _ = tenant.StateOf(v.tenant)
	m.Example = exampleNote(m.NoteContent)
	q := gen.New()
	if m.Jobs, err = q.OpenOpenings(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant, maxJobChoices); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	stages, err := q.Stages(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant)
	if err != nil {
		return nil, fmt.Errorf("list stages: %w", err)
	}
	for _, stage := range stages {
		m.Stages = append(m.Stages, stage.Stage)
	}
	triggers, err := k.config.Tenants.AutoTriggers(ctx, v.Tenant)
	if err != nil {
		return nil, err
	}
	for _, trigger := range triggers {
		shown := shownTrigger{Stage: trigger.Stage, JobID: trigger.JobID}
		for _, job := range m.Jobs {
			if job.JobID == trigger.JobID {
				shown.JobTitle = job.Title
			}
		}
		m.Triggers = append(m.Triggers, shown)
	}
	return m, nil
}

// exampleNote returns the note of a made-up interview.
func exampleNote(content writeback.NoteContent) string {
	score, scale := 8.2, 10.0
	return writeback.Note{
		Score: &score, Scale: &scale, Summary: "Explains decisions with concrete examples.",
		URL:        "https://app.intrvio.example/interviews/…",
		Transcript: "Interviewer: What have you worked on most recently?\n…",
	}.Only(content).Part(1, "IV-…")
}

func triggerText(t tenant.AutoTrigger) string {
	if t.JobID == "" {
		return t.Stage + ", in every job"
	}
	return t.Stage + ", in job " + t.JobID
}

// addStage adds a trigger: whoever enters the stage from now on is interviewed.
func (k *Console) addStage(ctx context.Context, v linkRequest) (linkReply, error) {
	added := tenant.AutoTrigger{Stage: v.values.Get("stage"), JobID: v.values.Get("job")}
	stages, err := gen.New().Stages(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant)
	if err != nil {
		return linkReply{}, fmt.Errorf("list stages: %w", err)
	}
	if !slices.ContainsFunc(stages, func(row gen.StagesRow) bool { return row.Stage == added.Stage }) {
		return linkReply{Field: "stages", Problem: "Choose one of the stages."}, nil
	}
	if added.JobID != "" {
		jobs, err := gen.New().OpenOpenings(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant, maxJobChoices)
		if err != nil {
			return linkReply{}, fmt.Errorf("list jobs: %w", err)
		}
		if !slices.ContainsFunc(jobs, func(row gen.OpenOpeningsRow) bool { return row.JobID == added.JobID }) {
			return linkReply{Field: "stages", Problem: "Choose one of the open jobs, or every job."}, nil
		}
	}
	add := func(before []tenant.AutoTrigger) []tenant.AutoTrigger {
		if slices.Contains(before, added) {
			return before
		}
		return append(before, added)
	}
	by := byLink("added the stage " + triggerText(added))
	_, err = k.config.Tenants.Change(ctx, v.Tenant, tenant.Changes{AutoTriggers: add}, by)
	if invalid, ok := errors.AsType[*queue.InvalidError](err); ok {
		return linkReply{Field: "stages", Problem: "This can’t be added: " + invalid.Message + "."}, nil
	}
	return linkReply{Notice: "Whoever enters " + added.Stage + " from now on is interviewed."}, err
}

func (k *Console) removeStage(ctx context.Context, v linkRequest) (linkReply, error) {
	removed := tenant.AutoTrigger{Stage: v.values.Get("stage"), JobID: v.values.Get("job")}
	set, err := gen.New().AutoTriggers(ctx, db.Of(k.config.Pool, v.Tenant), v.Tenant)
	if err != nil {
		return linkReply{}, fmt.Errorf("read the stages: %w", err)
	}
	isRemoved := func(row gen.AutoTriggersRow) bool { return row.Stage == removed.Stage && row.JobID == removed.JobID }
	if !slices.ContainsFunc(set, isRemoved) {
		return linkReply{Field: "stages", Problem: "This stage is removed already."}, nil
	}
	remove := func(before []tenant.AutoTrigger) []tenant.AutoTrigger {
		return slices.DeleteFunc(before, func(t tenant.AutoTrigger) bool { return t == removed })
	}
	by := byLink("removed the stage " + triggerText(removed))
	_, err = k.config.Tenants.Change(ctx, v.Tenant, tenant.Changes{AutoTriggers: remove}, by)
	return linkReply{Notice: removed.Stage + " asks for no interview any more."}, err
}

// setNotes sets what is written into notes.
func (k *Console) setNotes(ctx context.Context, v linkRequest) (linkReply, error) {
	on := func(name string) bool { return v.values.Get(name) == "on" }
	content := writeback.NoteContent{
		Score: on("score"), Summary: on("summary"), Link: on("link"), Transcript: on("transcript"),
	}
	var written []string
	for _, name := range []string{"score", "summary", "link", "transcript"} {
		if on(name) {
			written = append(written, name)
		}
	}
	detail := "notes hold " + strings.Join(written, ", ")
	if len(written) == 0 {
		detail = "notes say only that the interview was held"
	}
	_, err := k.config.Tenants.Change(ctx, v.Tenant, tenant.Changes{
		NoteContent:       func(gen.Tenant) writeback.NoteContent { return content },
		TranscriptConsent: v.values.Get("consent"),
	}, byLink(detail))
	if _, ok := errors.AsType[*queue.InvalidError](err); ok {
		return linkReply{Field: "notes", Problem: "Give the name of who agrees that transcripts are stored in the United States, or leave them out."}, nil
	}
	return linkReply{Notice: "This applies to results that come from now on."}, err
}

func (k *Console) pauseByLink(ctx context.Context, v linkRequest) (linkReply, error) {
	switch {
	case v.tenant.KeySealed == nil:
		return linkReply{Field: "pause", Problem: "There is nothing to pause: JazzHR is not connected."}, nil
	case v.tenant.PausedAt != nil:
		return linkReply{Notice: "It is paused already."}, nil
	}
	_, err := k.config.Tenants.Pause(ctx, v.Tenant, byLink(""))
	return linkReply{Notice: "Paused. What comes in is kept."}, err
}

func (k *Console) resumeByLink(ctx context.Context, v linkRequest) (linkReply, error) {
	if v.tenant.PausedAt == nil {
		return linkReply{Notice: "It is not paused."}, nil
	}
	_, err := k.config.Tenants.Resume(ctx, v.Tenant, byLink(""))
	return linkReply{Notice: "Resumed. What has waited is worked on now."}, err
}
