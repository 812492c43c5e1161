//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/intrvio/intrviotest"
	"github.com/intrvio/jazzhr-worker/jazzhr"
	"github.com/intrvio/jazzhr-worker/jazzhr/jazzhrtest"
)

// watch reports, until the demo stops, what arrives at either end, and has the stand-in hold
// interviews.
func (d *demo) watch(ctx context.Context) error {
	interviewer, err := intrviotest.NewInterviewer(intrviotest.InterviewerConfig{
		BaseURL: d.address, Token: d.secrets.APIToken, Report: d.reportInterview,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d.atStop(func(context.Context) error {
		cancel()
		d.watchers.Wait()
		return nil
	})
	for _, watch := range []func(context.Context){
		func(ctx context.Context) { interviewer.Run(ctx, d.receiver) },
		func(ctx context.Context) { d.receiver.Each(ctx, d.reportEvent) },
		func(ctx context.Context) { d.watchWebhooks(ctx, d.account()) },
		func(ctx context.Context) { d.watchWebhooks(ctx, d.newAccount()) },
		func(ctx context.Context) { d.watchNotes(ctx, d.account()) },
		func(ctx context.Context) { d.watchNotes(ctx, d.newAccount()) },
	} {
		d.watchers.Go(func() { watch(ctx) })
	}
	return nil
}

func (d *demo) reportInterview(result intrviotest.Result) {
	_, quiet := d.quiet.Load(result.Request.Candidate.Email)
	switch {
	case quiet && result.Err == nil:
	case result.Err != nil && !errors.Is(result.Err, context.Canceled):
		d.story.Warn("Intrvio: the interview's result was not taken", "error", result.Err)
	case result.Err == nil:
		d.story.Info("Intrvio: interview held, result sent as a writeback", "candidate", fullName(result.Request.Candidate),
			"score", fmt.Sprintf("%.1f of %.0f", result.Writeback.Note.Score, result.Writeback.Note.Scale))
	}
}

func fullName(candidate intrvio.Candidate) string {
	return strings.TrimSpace(candidate.FirstName + " " + candidate.LastName)
}

func (d *demo) reportEvent(event intrvio.Envelope) {
	if d.ready.Load() {
		return // the console shows them
	}
	d.story.Info("Intrvio: event delivered, signature right", "type", event.Type, "sequence", event.Sequence)
	select {
	case d.events <- event:
	default: // the story is over, and nobody reads
	}
}

// watchWebhooks reports how each export of the simulator was answered.
func (d *demo) watchWebhooks(ctx context.Context, account *jazzhrtest.Account) {
	for reported := 0; ; reported++ {
		if d.sim.Wait(ctx, func() bool {
			sent := account.Deliveries()
			return len(sent) > reported && (sent[reported].Attempts > 0 || sent[reported].Event == jazzhr.EventVerify)
		}) != nil {
			return
		}
		delivery := account.Deliveries()[reported]
		if _, quiet := d.quiet.Load(delivery.ApplicantID); !quiet && delivery.Event == jazzhr.EventCandidateExport {
			d.story.Info("webhook received", "event", delivery.Event, "answer", delivery.Status)
		}
	}
}

// watchNotes reports each note that appears in the simulator.
func (d *demo) watchNotes(ctx context.Context, account *jazzhrtest.Account) {
	reported := map[string]bool{}
	for _, note := range account.Notes("") {
		reported[note.ID] = true
	}
	for {
		notes := account.Notes("")
		if d.sim.Wait(ctx, func() bool {
			notes = account.Notes("")
			return len(notes) > len(reported)
		}) != nil {
			return
		}
		for _, note := range notes {
			if reported[note.ID] {
				continue
			}
			reported[note.ID] = true
			if _, quiet := d.quiet.Load(note.ApplicantID); quiet {
				continue
			}
			applicant, _ := account.Applicant(note.ApplicantID)
			d.story.Info("JazzHR: note written", "candidate", applicant.FirstName+" "+applicant.LastName, "characters", len(note.Text))
		}
	}
}
