package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// foundCandidate is a candidate of a tenant, with what a search found of them.
type foundCandidate struct {
	Tenant     uuid.UUID
	TenantName string
	Name       string
	Email      string
	At         time.Time // of the latest thing found
	Requests   []uuid.UUID
	Writebacks []uuid.UUID
	Webhooks   []uuid.UUID
	Applicants []string // JazzHR's ids

	keys []string // two candidates of one tenant that share a key may be the same person
}

// Href returns the address of the candidate's story.
func (f foundCandidate) Href() string {
	switch {
	case len(f.Applicants) > 0:
		return storyHref(f.Tenant, f.Applicants[0])
	case len(f.Requests) > 0:
		return storyHref(f.Tenant, f.Requests[0].String())
	case len(f.Writebacks) > 0:
		return storyHref(f.Tenant, f.Writebacks[0].String())
	case len(f.Webhooks) > 0:
		return storyHref(f.Tenant, f.Webhooks[0].String())
	default:
		return ""
	}
}

// samePeople joins what belongs to one person of one tenant: what shares an id, or an email that is
// not of two applicants.
func samePeople(found []foundCandidate) (people []foundCandidate) {
	at := map[string]int{}
	for _, c := range found {
		into := -1
		for _, key := range c.keys {
			i, known := at[c.Tenant.String()+key]
			if known && (!strings.HasPrefix(key, "email:") || sameApplicant(people[i].Applicants, c.Applicants)) {
				into = i
				break
			}
		}
		if into < 0 {
			into = len(people)
			people = append(people, foundCandidate{Tenant: c.Tenant})
		}
		people[into].join(c)
		for _, key := range c.keys {
			if _, known := at[c.Tenant.String()+key]; !known {
				at[c.Tenant.String()+key] = into
			}
		}
	}
	return people
}

func sameApplicant(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}

// join adds what was found of the same person.
func (f *foundCandidate) join(c foundCandidate) {
	f.Name, f.Email = cmp.Or(f.Name, c.Name), cmp.Or(f.Email, c.Email)
	if c.At.After(f.At) {
		f.At = c.At
	}
	f.Requests = merge(f.Requests, c.Requests)
	f.Writebacks = merge(f.Writebacks, c.Writebacks)
	f.Webhooks = merge(f.Webhooks, c.Webhooks)
	f.Applicants = merge(f.Applicants, c.Applicants)
}

// merge appends the values that a list does not hold yet.
func merge[T comparable](into, from []T) []T {
	for _, v := range from {
		if !slices.Contains(into, v) {
			into = append(into, v)
		}
	}
	return into
}

// capitals writes each word of a folded name with a capital.
func capitals(folded string) string {
	words := strings.Fields(folded)
	for i, word := range words {
		runes := []rune(word)
		words[i] = strings.ToUpper(string(runes[0])) + string(runes[1:])
	}
	return strings.Join(words, " ")
}
