package audit

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/intrvio/jazzhr-worker/intrvio"
	"github.com/intrvio/jazzhr-worker/jobs/work"
)

// people are the applicants that an audit listed.
type people struct {
	*audit
	search work.Search
	names  map[string]string // folded, by id
	called map[string]work.Name
	emails map[string]string // normalised, by id, of those whose is known; empty for none
	fresh  map[string]bool   // whose email was read by this audit
}

// readEmail reads an applicant's email anew.
func (p people) readEmail(ctx context.Context, id string) error {
	type answer struct {
		person work.Details
		there  bool
	}
	read, err := work.Ask(ctx, &p.audit.reader, func() (answer, error) {
		person, there, err := p.search.Read(ctx, id)
		return answer{person, there}, err
	})
	if err != nil {
		return err
	}
	p.progress(intrvio.DuplicateApplicant, 1)
	p.fresh[id] = true
	delete(p.emails, id)
	if read.there {
		p.emails[id] = read.person.Email
	}
	return nil
}

// readNamesakes reads the unknown emails of applicants who share a name. The namesakes of applicants
// that we made come first.
func (p people) readNamesakes(ctx context.Context) error {
	sharing := map[string]int{}
	for _, name := range p.names {
		sharing[name]++
	}
	var known []string
	for id, email := range p.emails {
		if email != "" && sharing[p.names[id]] > 1 {
			known = append(known, email)
		}
	}
	ours, err := p.sent(ctx, work.EffectCreate, known)
	if err != nil {
		return err
	}
	urgent := map[string]bool{}
	for id, email := range p.emails {
		if ours[email] {
			urgent[p.names[id]] = true
		}
	}
	var first, then []string
	for _, id := range slices.Sorted(maps.Keys(p.names)) {
		_, known := p.emails[id]
		switch {
		case known || sharing[p.names[id]] < 2:
		case urgent[p.names[id]]:
			first = append(first, id)
		default:
			then = append(then, id)
		}
	}
	for _, id := range append(first, then...) {
		if err := p.readEmail(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// group finds the emails that more than one applicant has. A finding of ours calls people, so it does
// not rest on what was read long ago: its emails are read again, unless the audit was stopped.
func (p people) group(ctx context.Context, stopped error) (found []Finding, err error) {
	byEmail := p.repeated()
	ours, err := p.sent(ctx, work.EffectCreate, slices.Sorted(maps.Keys(byEmail)))
	if err != nil {
		return nil, err
	}
	for _, email := range slices.Sorted(maps.Keys(ours)) {
		for _, id := range byEmail[email] {
			if p.fresh[id] || stopped != nil {
				continue
			}
			if stopped = p.readEmail(ctx, id); stopped != nil {
				if _, is := errors.AsType[*work.StoppedError](stopped); !is {
					return nil, stopped
				}
			}
		}
	}
	for email, ids := range p.repeated() {
		found = append(found, Finding{Ours: ours[email], Duplicate: intrvio.Duplicate{Kind: intrvio.DuplicateApplicant, IDs: ids}})
	}
	return found, stopped
}

// repeated returns the ids of applicants who share an email and whose names fit, by the email. Two
// people may share an address.
func (p people) repeated() map[string][]string {
	byEmail := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(p.names)) {
		if email := p.emails[id]; email != "" {
			byEmail[email] = append(byEmail[email], id)
		}
	}
	for email, ids := range byEmail {
		byEmail[email] = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return !slices.ContainsFunc(ids, func(other string) bool { return other != id && p.called[id].Fits(p.names[other]) })
		})
	}
	maps.DeleteFunc(byEmail, func(_ string, ids []string) bool { return len(ids) < 2 })
	return byEmail
}
