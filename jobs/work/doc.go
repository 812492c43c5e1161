// Package work is what the rooms of package jobs share. A worker of a row begins with [New] and
// [Attempt.Do]: they load the row, open the tenant's JazzHR account, and hand the row back when it
// has to wait. Besides that there are the account with its call budget ([Accounts]), what an error
// means for the row and its tenant ([WaitAfter]), a reader that waits for its turn ([Reader]), and
// the search for a person ([Search]).
package work
