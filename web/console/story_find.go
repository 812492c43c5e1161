package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

const (
	// foundRows is how many candidates a search shows.
	foundRows = 25
	// scannedRows is how many matches of one kind are looked at: a short beginning of a name has many.
	scannedRows = 500
	// scannedBodies is how many exports are read whose person is not known yet.
	scannedBodies = 1000
	// never is a text that nothing in the database equals.
	never = "\x01"
)

// foundCandidate is a person at a tenant, with what a search found of them.
type foundCandidate struct {
	Tenant     uuid.UUID
	TenantName string
	Name       string
	Email      string
	At         time.Time // of the latest of what was found
	Requests   []uuid.UUID
	Writebacks []uuid.UUID
	Webhooks   []uuid.UUID
	Applicants []string // JazzHR's ids

	keys []string // what tells that two are the same person
}

// Href is the address of the candidate's story.
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

// findCandidates looks for people by whatever support may have been told, in one tenant or, for uuid.Nil, in all. more tells
// that not all of them are returned.
func (k *Console) findCandidates(ctx context.Context, text string, within uuid.UUID) (found []foundCandidate, more bool, err error) {
	f := &lookup{Console: k, within: within}
	if id, err := uuid.Parse(text); err == nil {
		f.byID(ctx, id)
	} else {
		f.byText(ctx, text)
	}
	if f.err != nil {
		return nil, false, f.err
	}
	people := samePeople(f.found)
	slices.SortStableFunc(people, func(a, b foundCandidate) int { return b.At.Compare(a.At) })
	if len(people) > foundRows {
		return people[:foundRows], true, nil
	}
	return people, f.more, nil
}

// lookup collects what a search finds, until an error.
type lookup struct {
	*Console
	within uuid.UUID
	found  []foundCandidate
	more   bool
	err    error
}

func (f *lookup) fail(doing string, err error) bool {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("%s: %w", doing, err)
	}
	return f.err != nil
}

func (f *lookup) byID(ctx context.Context, id uuid.UUID) {
	rows, err := gen.New().SystemFindByID(ctx, f.config.Pool, id, f.within)
	if f.fail("find an id", err) {
		return
	}
	for _, row := range rows {
		c := foundCandidate{Tenant: row.TenantID, keys: []string{row.Kind + ":" + id.String()}}
		switch row.Kind {
		case "webhook":
			c.Webhooks = []uuid.UUID{id}
		case "request":
			c.Requests = []uuid.UUID{id}
		default:
			c.Writebacks = []uuid.UUID{id}
		}
		f.found = append(f.found, c)
	}
}

func (f *lookup) byText(ctx context.Context, text string) {
	email, name := never, jazzhr.FoldName(text, "")
	if strings.Contains(text, "@") {
		email, name = jazzhr.NormalizeEmail(text), ""
	}
	until := never
	if len([]rune(name)) < shortestName {
		name = never
	} else {
		until = name + "\U0010FFFF"
	}
	f.requests(ctx, email, text, name, until)
	f.writebacks(ctx, email, text, name, until)
	f.applicants(ctx, email, name, until)
	if !strings.ContainsAny(text, " @") { // no name and no email
		f.byKey(ctx, text)
	}
	f.unresolved(ctx, text)
}

func (f *lookup) requests(ctx context.Context, email, id, name, until string) {
	rows, err := gen.New().SystemFindRequests(ctx, f.config.Pool, gen.SystemFindRequestsParams{
		Email: email, Tenant: f.within, MaxScan: scannedRows, ID: id, Name: name, Until: until, MaxRows: 4 * foundRows,
	})
	if f.fail("find requests", err) {
		return
	}
	f.more = f.more || len(rows) == 4*foundRows
	for _, row := range rows {
		f.add(foundCandidate{
			Tenant: row.TenantID, Name: personName(row.FirstName, row.LastName), Email: orEmpty(row.Email), At: row.CreatedAt,
			Requests: []uuid.UUID{row.RequestID}, keys: []string{"request:" + row.RequestID.String()},
		}, row.ApplicantID)
	}
}

func (f *lookup) writebacks(ctx context.Context, email, id, name, until string) {
	rows, err := gen.New().SystemFindWritebacks(ctx, f.config.Pool, gen.SystemFindWritebacksParams{
		Email: email, Tenant: f.within, MaxScan: scannedRows, ID: id, Name: name, Until: until, MaxRows: 4 * foundRows,
	})
	if f.fail("find writebacks", err) {
		return
	}
	f.more = f.more || len(rows) == 4*foundRows
	for _, row := range rows {
		c := foundCandidate{
			Tenant: row.TenantID, Name: personName(row.FirstName, row.LastName), Email: strings.ToLower(orEmpty(row.Email)), At: row.CreatedAt,
			Writebacks: []uuid.UUID{row.WritebackID}, keys: []string{"writeback:" + row.WritebackID.String()},
		}
		if row.RequestID != nil {
			c.keys = append(c.keys, "request:"+row.RequestID.String())
		}
		f.add(c, row.ApplicantID)
	}
}

func (f *lookup) applicants(ctx context.Context, email, name, until string) {
	rows, err := gen.New().SystemFindApplicants(ctx, f.config.Pool, gen.SystemFindApplicantsParams{
		Email: email, Tenant: f.within, MaxScan: scannedRows, Name: name, Until: until, MaxRows: 4 * foundRows,
	})
	if f.fail("find applicants", err) {
		return
	}
	f.more = f.more || len(rows) == 4*foundRows
	for _, row := range rows {
		f.add(foundCandidate{Tenant: row.TenantID, Name: capitals(orEmpty(row.FoldedName)), Email: orEmpty(row.Email), At: row.CreatedAt}, &row.ApplicantID)
	}
}

func (f *lookup) byKey(ctx context.Context, key string) {
	rows, err := gen.New().SystemFindByKey(ctx, f.config.Pool, key, f.within)
	if f.fail("find a key", err) {
		return
	}
	for _, row := range rows {
		c := foundCandidate{Tenant: row.TenantID}
		if row.Kind == "applicant" {
			f.add(c, &row.Key)
			continue
		}
		id, err := uuid.Parse(row.Key)
		if f.fail("find a key", err) {
			return
		}
		c.Writebacks, c.keys = []uuid.UUID{id}, []string{"writeback:" + id.String()}
		f.add(c, nil)
	}
}

// unresolved looks into the exports whose person nobody has looked for yet.
func (f *lookup) unresolved(ctx context.Context, text string) {
	words := strings.Fields(strings.ToLower(text))
	for i, word := range words {
		if encoded, err := json.Marshal(word); err == nil {
			words[i] = strings.Trim(string(encoded), `"`)
		}
		// What is not ASCII is written in one of two ways, so only what stands before it is looked for; who it is, is then read.
		if at := strings.IndexFunc(words[i], func(r rune) bool { return r >= 0x80 || r == '\\' }); at >= 0 {
			words[i] = words[i][:at]
		}
	}
	rows, err := gen.New().SystemFindUnresolved(ctx, f.config.Pool, gen.SystemFindUnresolvedParams{
		Tenant: f.within, MaxScan: scannedBodies, Words: words, MaxRows: foundRows,
	})
	if f.fail("look into unresolved exports", err) {
		return
	}
	for _, row := range rows {
		name, email := exportedName(exportedPerson(row.Body))
		folded, wanted := jazzhr.FoldName(name, ""), jazzhr.FoldName(text, "")
		if email != jazzhr.NormalizeEmail(text) && (wanted == "" || !strings.HasPrefix(folded, wanted) && !strings.Contains(folded, " "+wanted)) {
			continue
		}
		f.add(foundCandidate{
			Tenant: row.TenantID, Name: name, Email: email, At: row.ReceivedAt,
			Webhooks: []uuid.UUID{row.WebhookID}, keys: []string{"webhook:" + row.WebhookID.String()},
		}, nil)
	}
}

// exportedPerson reads whom an export is about, as far as that can be read.
func exportedPerson(body []byte) jazzhr.Person {
	export, _ := jazzhr.ParseExport(body) // of what can’t be read nothing is known
	return export.Person
}

func exportedName(person jazzhr.Person) (name, email string) {
	if len(person.Emails) > 0 {
		email = jazzhr.NormalizeEmail(person.Emails[0])
	}
	return cmp.Or(strings.TrimSpace(person.FirstName+" "+person.LastName), person.FullName), email
}

func (f *lookup) add(c foundCandidate, applicant *string) {
	if applicant != nil {
		c.Applicants = []string{*applicant}
		c.keys = append(c.keys, "applicant:"+*applicant)
	}
	if c.Email != "" {
		c.keys = append(c.keys, "email:"+c.Email)
	}
	f.found = append(f.found, c)
}

// samePeople joins what is of one person at one tenant: what shares an id, or an email where not two applicants have it.
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

// merge adds what a list lacks of another.
func merge[T comparable](into, from []T) []T {
	for _, v := range from {
		if !slices.Contains(into, v) {
			into = append(into, v)
		}
	}
	return into
}

// capitals writes a folded name as names are written, as far as that can be told.
func capitals(folded string) string {
	words := strings.Fields(folded)
	for i, word := range words {
		runes := []rune(word)
		words[i] = strings.ToUpper(string(runes[0])) + string(runes[1:])
	}
	return strings.Join(words, " ")
}
