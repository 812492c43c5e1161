// Package writeback is for Intrvio's engineers: [Enqueue] puts the result of an interview into the
// queue, in your own transaction. It is written into JazzHR once your transaction has committed:
// the applicant is found or created, linked to the job, and given a note.
//
//	id, created, err := writeback.Enqueue(ctx, tx, client, tenantID, writeback.Writeback{
//		InterviewID: "interview-4711",
//		Candidate: writeback.Candidate{
//			ID: "candidate-7", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com",
//		},
//		Note: writeback.Note{Summary: "Strong in analysis."},
//	})
//
// The client comes from [queue.NewInserter]. An interview and its revision are the key: the same
// writeback again changes nothing.
//
// [Get] and [List] show what came of writebacks. What needs a person is a case: [ListCases] lists
// them, and [Decide] carries out what a person decided. Intrvio is told of each end by an event.
package writeback
