package work

import (
	"fmt"
	"strconv"
	"strings"
)

// The kinds of effect: the column kind of table effects.
const (
	EffectCreate = "create_applicant"
	EffectLink   = "link_applicant_to_job"
	EffectNote   = "write_note"
)

// LinkKey is the key of a link's effect: the pair, which is what must be unique in JazzHR.
func LinkKey(applicantID, jobID string) string { return applicantID + "/" + jobID }

// CreateKey is the key of the create of an applicant: two people may share an email.
func CreateKey(email, foldedName string) string { return email + " " + foldedName }

// CutCreateKey returns what a key of a create is made of. Before schema 12 it held no name.
func CutCreateKey(key string) (email, foldedName string, named bool) { return strings.Cut(key, " ") }

// NoteKey is the key of a note's effect: what a part of a note is unique by, here and, as its
// reference, in JazzHR.
func NoteKey(interviewID string, revision, part int) string {
	return fmt.Sprintf("%s/%d/%d", interviewID, revision, part)
}

// CutNoteKey returns what a key of a note is made of.
func CutNoteKey(key string) (interviewID string, revision, part int, err error) {
	rest, last := cutLast(key)
	interviewID, middle := cutLast(rest)
	if revision, err = strconv.Atoi(middle); err == nil {
		part, err = strconv.Atoi(last)
	}
	return interviewID, revision, part, Wrap("note key", err)
}

func cutLast(s string) (before, after string) {
	at := strings.LastIndexByte(s, '/')
	return s[:max(at, 0)], s[at+1:]
}
