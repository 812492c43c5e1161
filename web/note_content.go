package web

import (
	"time"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/queue/writeback"
	"github.com/intrvio/jazzhr-worker/tenant"
)

// noteContentView is what is written into a tenant's notes.
type noteContentView struct {
	Score      bool `json:"score"`
	Summary    bool `json:"summary"`
	Link       bool `json:"link"`
	Transcript bool `json:"transcript"`
	// Consent is who agreed that transcripts leave the customer's region.
	Consent *consentView `json:"consent,omitempty"`
}

type consentView struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

func viewNoteContent(t gen.Tenant) noteContentView {
	content := writeback.NoteContentOf(t)
	view := noteContentView{Score: content.Score, Summary: content.Summary, Link: content.Link, Transcript: content.Transcript}
	if t.TranscriptConsentBy != nil {
		view.Consent = &consentView{By: *t.TranscriptConsentBy, At: t.TranscriptConsentAt.UTC()}
	}
	return view
}

// noteContent is a change of what is written into notes. A member that is left out stays.
type noteContent struct {
	Score      *bool `json:"score"`
	Summary    *bool `json:"summary"`
	Link       *bool `json:"link"`
	Transcript *bool `json:"transcript"`
	// Consent names who agrees that transcripts leave the customer's region.
	Consent string `json:"consent"`
}

func (c *noteContent) consent() string {
	if c == nil {
		return ""
	}
	return c.Consent
}

// apply returns the content after the change. A nil change is JSON's null: the default.
func (c *noteContent) apply(t gen.Tenant) writeback.NoteContent {
	if c == nil {
		return tenant.DefaultNoteContent(t.Region)
	}
	before := writeback.NoteContentOf(t)
	choose := func(given *bool, before bool) bool {
		if given == nil {
			return before
		}
		return *given
	}
	return writeback.NoteContent{
		Score: choose(c.Score, before.Score), Summary: choose(c.Summary, before.Summary),
		Link: choose(c.Link, before.Link), Transcript: choose(c.Transcript, before.Transcript),
	}
}
