package jazzhr

import "context"

// CategoryResumeStatus is the category of an applicant's move to another stage. The object is the
// applicant. The action names the old stage, the new stage and the job's title, each in double
// quotes.
const CategoryResumeStatus = "resume_status"

// Activity is an entry in the account's activity feed.
type Activity struct {
	ID       string
	Category string
	TeamID   string
	UserID   string
	ObjectID string // what the activity is about; the category says of which kind
	Action   string // JazzHR's sentence about it
	Date     string // YYYY-MM-DD, or empty
	Time     string // HH:MM:SS; JazzHR names no time zone
}

// ActivityFilter narrows a list of activities. Empty fields are ignored. JazzHR has no filter by
// date.
type ActivityFilter struct {
	Category string
	ObjectID string
}

// Activities reads one page of the activities. Pages count from 1. The newest come first, but not
// in strict order within a day.
func (a *Account) Activities(ctx context.Context, f ActivityFilter, page int) (Page[Activity], error) {
	return readPage(ctx, a, listActivities, page, parseActivity,
		filter{"category", f.Category}, filter{"object_id", f.ObjectID})
}

func parseActivity(row map[string]any) Activity {
	return Activity{
		ID:       scalar(row["id"]),
		Category: scalar(row["category"]),
		TeamID:   scalar(row["team_id"]),
		UserID:   scalar(row["user_id"]),
		ObjectID: scalar(row["object_id"]),
		Action:   scalar(row["action"]),
		Date:     dateText(scalar(row["date"])),
		Time:     scalar(row["time"]),
	}
}
