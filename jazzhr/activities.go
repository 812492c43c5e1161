package jazzhr

import "context"

// CategoryResumeStatus is the category of an applicant's move to another stage:
// the object is the applicant, the action holds from-stage, to-stage and job
// title in double quotes.
const CategoryResumeStatus = "resume_status"

// Activity is an entry in the account's history.
type Activity struct {
	ID       string
	Category string
	TeamID   string
	UserID   string
	ObjectID string // what it happened to, by category
	Action   string // JazzHR's sentence
	Date     string // YYYY-MM-DD, or empty
	Time     string // HH:MM:SS, in no stated zone
}

// ActivityFilter narrows a list of activities; empty fields do not count.
// JazzHR has no filter by date.
type ActivityFilter struct {
	Category string
	ObjectID string
}

// Activities reads one page of the activities, counted from 1, newest first but
// not strictly so within a day.
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
