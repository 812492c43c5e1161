package intrviotest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// Writeback is the body of POST /v1/tenants/{tenant_id}/writebacks. It is a copy of the service's
// own type, so that a change of the contract breaks a test.
type Writeback struct {
	InterviewID string    `json:"interview_id"`
	Revision    int       `json:"revision,omitempty"`
	RequestID   uuid.UUID `json:"request_id,omitzero"`
	Candidate   Candidate `json:"candidate"`
	Note        Note      `json:"note"`
}

// Candidate is the person of a writeback. ID is the backend's own id.
type Candidate struct {
	ID        string `json:"id"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
}

// Note is the result of an interview.
type Note struct {
	Score      float64 `json:"score"`
	Scale      float64 `json:"scale"`
	Summary    string  `json:"summary"`
	Transcript string  `json:"transcript"`
	URL        string  `json:"url"`
}

// Interview invents the interview that a request asks for. The same request gives the same
// interview, so the service recognises a repeat.
func Interview(request intrvio.InterviewRequest) Writeback {
	id := request.RequestID
	random := rand.New(rand.NewPCG(binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])))
	score := float64(55+random.IntN(44)) / 10
	interviewID := "interview_" + id.String()
	return Writeback{
		InterviewID: interviewID,
		RequestID:   id,
		Candidate: Candidate{
			ID:        "candidate_" + id.String(),
			FirstName: request.Candidate.FirstName,
			LastName:  request.Candidate.LastName,
			Email:     request.Candidate.Email,
			Phone:     request.Candidate.Phone,
		},
		Note: Note{
			Score:      score,
			Scale:      10,
			Summary:    summary(request, score, random),
			Transcript: transcript(request, random),
			URL:        "https://app.intrvio.example/interviews/" + interviewID,
		},
	}
}

func summary(request intrvio.InterviewRequest, score float64, random *rand.Rand) string {
	verdict := "answers the essentials, and is worth a second conversation"
	switch {
	case score >= 8.5:
		verdict = "is a strong match, and should be invited soon"
	case score < 6.5:
		verdict = "has gaps in what the job needs most"
	}
	strengths := []string{
		"explains decisions with concrete examples",
		"asks back before answering",
		"is open about mistakes and what followed from them",
		"keeps the users of the work in view",
	}
	return fmt.Sprintf("%s %s and %s.", firstName(request), strengths[random.IntN(len(strengths))], verdict)
}

func transcript(request intrvio.InterviewRequest, random *rand.Rand) string {
	turns := []struct{ question, answer string }{
		{
			"What have you worked on most recently?",
			"For two years on the order desk's software. I moved it from nightly files to a queue, one customer at a time.",
		},
		{
			"What was the hardest part of that?",
			"Finding out which orders had gone through when a call got no answer. We learned to ask first and send second.",
		},
		{
			"Tell me about a disagreement in your team.",
			"We argued over rewriting the import. I proposed a week's trial with figures, and the figures decided it.",
		},
		{
			"How do you notice that something you shipped does not work?",
			"I watch the oldest waiting item, not the error count. Nothing failing can also mean nothing running.",
		},
		{
			"What would you want to learn in your first month?",
			"Who calls when it breaks, and what they see. The code comes after that.",
		},
		{
			"When did you last change your mind about a tool?",
			"Last spring. I had wanted a second database for search, and an index did the job.",
		},
	}
	random.Shuffle(len(turns)-1, func(i, j int) { turns[i+1], turns[j+1] = turns[j+1], turns[i+1] })
	name := firstName(request)
	var b strings.Builder
	fmt.Fprintf(&b, "Interviewer: Hello %s, thank you for making time%s.\n", name, forJob(request.Job))
	fmt.Fprintf(&b, "%s: Thank you for having me.\n", name)
	for _, turn := range turns[:4+random.IntN(len(turns)-3)] {
		fmt.Fprintf(&b, "Interviewer: %s\n%s: %s\n", turn.question, name, turn.answer)
	}
	fmt.Fprintf(&b, "Interviewer: That was all from me. You will hear from the team.\n%s: I look forward to it.\n", name)
	return b.String()
}

func firstName(request intrvio.InterviewRequest) string {
	if name := strings.TrimSpace(request.Candidate.FirstName); name != "" {
		return name
	}
	return "Candidate"
}

func forJob(job intrvio.Job) string {
	if job.Title == "" {
		return ""
	}
	return " to talk about the job of " + job.Title
}
