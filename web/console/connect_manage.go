package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// maxJobChoices is how many jobs there are to choose from.
const maxJobChoices = 1000

// manageConnection is what the page shows by which a customer's administrator changes a connection.
type manageConnection struct {
	gen.Tenant
	reply
	Self     string
	Grant    grant
	State    tenant.State
	Triggers []shownTrigger
	Stages   []string // seen in the account's moves
	Jobs     []gen.OpenOpeningsRow
	Content  tenant.NoteContent
	Example  string // a note as it is written now
}

type shownTrigger struct{ Stage, JobID, JobTitle string }

func (m *manageConnection) answer(r reply) { m.reply = r }

// Connected reports whether there is a connection to manage.
func (m *manageConnection) Connected() bool { return m.KeySealed != nil }

func (k *Console) loadManage(ctx context.Context, at place) (any, error) {
	v, err := k.visitOf(ctx, at)
	if err != nil {
		return nil, err
	}
	m := &manageConnection{Tenant: v.tenant, Self: at.path, Grant: v.grant, Content: tenant.NoteContentOf(v.tenant)}
	m.State, _ = tenant.StateOf(v.tenant)
	m.Example = exampleNote(m.Content)
	q := gen.New()
	if m.Jobs, err = q.OpenOpenings(ctx, k.config.Pool, v.Tenant, maxJobChoices); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	stages, err := q.Stages(ctx, k.config.Pool, v.Tenant)
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

// exampleNote is the note of an interview that never was.
func exampleNote(content tenant.NoteContent) string {
	score, scale := 8.2, 10.0
	return queue.Note{
		Score: &score, Scale: &scale, Summary: "Explains decisions with concrete examples.",
		URL: "https://app.intrvio.example/interviews/…", Transcript: "Interviewer: What have you worked on most recently?\n…",
	}.Only(content).Part(1, "IV-…")
}

func triggerWords(stage, job string) string {
	if job == "" {
		return stage + ", in every job"
	}
	return stage + ", in job " + job
}

// addStage has those interviewed who enter a stage from now on.
func (k *Console) addStage(ctx context.Context, v visit) (reply, error) {
	added := tenant.AutoTrigger{Stage: v.values.Get("stage"), JobID: v.values.Get("job")}
	stages, err := gen.New().Stages(ctx, k.config.Pool, v.Tenant)
	if err != nil {
		return reply{}, fmt.Errorf("list stages: %w", err)
	}
	if !slices.ContainsFunc(stages, func(row gen.StagesRow) bool { return row.Stage == added.Stage }) {
		return reply{Field: "stages", Problem: "Choose one of the stages."}, nil
	}
	if added.JobID != "" {
		jobs, err := gen.New().OpenOpenings(ctx, k.config.Pool, v.Tenant, maxJobChoices)
		if err != nil {
			return reply{}, fmt.Errorf("list jobs: %w", err)
		}
		if !slices.ContainsFunc(jobs, func(row gen.OpenOpeningsRow) bool { return row.JobID == added.JobID }) {
			return reply{Field: "stages", Problem: "Choose one of the open jobs, or every job."}, nil
		}
	}
	_, err = k.config.Tenants.ChangeAutoTriggers(ctx, v.Tenant, func(before []tenant.AutoTrigger) []tenant.AutoTrigger {
		if slices.Contains(before, added) {
			return before
		}
		return append(before, added)
	}, recordByLink(ctx, SettingsChanged, "added the stage "+triggerWords(added.Stage, added.JobID)))
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return reply{Field: "stages", Problem: "This can’t be added: " + invalid.Message + "."}, nil
	}
	return reply{Said: "Whoever enters " + added.Stage + " from now on is interviewed."}, err
}

func (k *Console) removeStage(ctx context.Context, v visit) (reply, error) {
	removed := tenant.AutoTrigger{Stage: v.values.Get("stage"), JobID: v.values.Get("job")}
	set, err := gen.New().AutoTriggers(ctx, k.config.Pool, v.Tenant)
	if err != nil {
		return reply{}, fmt.Errorf("read the stages: %w", err)
	}
	if !slices.ContainsFunc(set, func(row gen.AutoTriggersRow) bool { return row.Stage == removed.Stage && row.JobID == removed.JobID }) {
		return reply{Field: "stages", Problem: "This stage was removed already."}, nil
	}
	_, err = k.config.Tenants.ChangeAutoTriggers(ctx, v.Tenant, func(before []tenant.AutoTrigger) []tenant.AutoTrigger {
		return slices.DeleteFunc(before, func(t tenant.AutoTrigger) bool { return t == removed })
	}, recordByLink(ctx, SettingsChanged, "removed the stage "+triggerWords(removed.Stage, removed.JobID)))
	return reply{Said: removed.Stage + " asks for no interview any more."}, err
}

// setNotes sets what is written into notes.
func (k *Console) setNotes(ctx context.Context, v visit) (reply, error) {
	on := func(name string) bool { return v.values.Get(name) == "on" }
	content := tenant.NoteContent{Score: on("score"), Summary: on("summary"), Link: on("link"), Transcript: on("transcript")}
	var written []string
	for _, part := range []struct {
		on   bool
		name string
	}{{content.Score, "score"}, {content.Summary, "summary"}, {content.Link, "link"}, {content.Transcript, "transcript"}} {
		if part.on {
			written = append(written, part.name)
		}
	}
	detail := "notes hold " + strings.Join(written, ", ")
	if len(written) == 0 {
		detail = "notes hold nothing but that the interview was held"
	}
	_, err := k.config.Tenants.SetNoteContent(ctx, v.Tenant, content, recordByLink(ctx, SettingsChanged, detail))
	return reply{Said: "It counts for interviews whose results come from now on."}, err
}

func (k *Console) pauseByLink(ctx context.Context, v visit) (reply, error) {
	switch {
	case v.tenant.KeySealed == nil:
		return reply{Field: "pause", Problem: "There is nothing to pause: JazzHR is not connected."}, nil
	case v.tenant.PausedAt != nil:
		return reply{Said: "It is paused already."}, nil
	}
	_, err := k.config.Tenants.Pause(ctx, v.Tenant, recordByLink(ctx, Paused, ""))
	return reply{Said: "It is paused. What comes in is kept."}, err
}

func (k *Console) resumeByLink(ctx context.Context, v visit) (reply, error) {
	if v.tenant.PausedAt == nil {
		return reply{Said: "It is not paused."}, nil
	}
	_, err := k.config.Tenants.Resume(ctx, v.Tenant, recordByLink(ctx, Resumed, ""))
	return reply{Said: "It goes on. What has waited is worked off."}, err
}
