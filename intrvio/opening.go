package intrvio

import "encoding/json"

// Opening is the data of [JobOpened], [JobChanged] and [JobClosed].
type Opening struct {
	JobID string `json:"job_id"`
	Title string `json:"title"`
	// Status is JazzHR's status: Open, On Hold, Approved, Needs Approval, Drafting, Filled,
	// Cancelled or Closed. For an opening that is gone it is the last known one.
	Status string `json:"status"`
	// PreviousStatus is the status known before, even if it is the same. Omitted if the opening is
	// new.
	PreviousStatus string `json:"previous_status,omitempty"`
	// Gone reports that JazzHR no longer has the opening.
	Gone bool `json:"gone,omitempty"`
	// BoardCode is the code in the address of the public page.
	BoardCode  string `json:"board_code"`
	Department string `json:"department"`
	City       string `json:"city"`
	State      string `json:"state"`
	CountryID  string `json:"country_id"`
	// Changed names the fields that changed. Empty if the opening is new.
	Changed []string `json:"changed"`
}

// MarshalJSON writes empty Changed as [] instead of null.
func (o Opening) MarshalJSON() ([]byte, error) {
	type plain Opening
	o.Changed = append([]string{}, o.Changed...)
	return json.Marshal(plain(o))
}
