package intrvio

import "encoding/json"

// Opening is the data of job.opened, job.changed and job.closed.
type Opening struct {
	JobID string `json:"job_id"`
	Title string `json:"title"`
	// Status is JazzHR's: Open, On Hold, Approved, Needs Approval, Drafting, Filled, Cancelled or Closed. Of an opening
	// that is gone it is the last one.
	Status string `json:"status"`
	// PreviousStatus is the one known before, also if it is the same; omitted if the opening was not known.
	PreviousStatus string `json:"previous_status,omitempty"`
	// Gone reports that JazzHR has the opening no more.
	Gone bool `json:"gone,omitempty"`
	// BoardCode stands in the address of the public page.
	BoardCode  string `json:"board_code"`
	Department string `json:"department"`
	City       string `json:"city"`
	State      string `json:"state"`
	CountryID  string `json:"country_id"`
	// Changed names the fields that differ from what was known; empty if the opening was not known.
	Changed []string `json:"changed"`
}

// MarshalJSON writes a list of no fields as [] and not as null.
func (o Opening) MarshalJSON() ([]byte, error) {
	type plain Opening
	o.Changed = append([]string{}, o.Changed...)
	return json.Marshal(plain(o))
}

func (Opening) belongsTo(t EventType) bool {
	return t == JobOpened || t == JobChanged || t == JobClosed
}
