package intrvio_test

import (
	"encoding/json"
	"fmt"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// How a receiver reads an event, after it has checked the signature.
func ExampleDecode() {
	body := []byte(`{
		"id": "evt_0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e11",
		"type": "interview.requested",
		"timestamp": "2026-11-23T08:30:00Z",
		"tenant_id": "0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e10",
		"sequence": 2,
		"data": {
			"request_id": "0190a5d2-7a1c-7c3e-9d58-1f0c6b2a4e12",
			"trigger": "export",
			"applicant_id": "prospect_20261123083000_ABCDEFGHIJKLMNOP",
			"job": {"title": "Engineer", "resolved": false},
			"candidate": {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": ""},
			"resolved": true
		}
	}`)
	var e intrvio.Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		panic(err)
	}
	request, err := intrvio.Decode[intrvio.InterviewRequest](e)
	if err != nil {
		panic(err)
	}
	fmt.Println(request.Trigger, request.Candidate.FirstName, request.Job.Title)
	// Output: export Ada Engineer
}
