package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/db"
	"github.com/intrvio/jazzhr-worker/db/gen"
	"github.com/intrvio/jazzhr-worker/jazzhr"
)

const (
	// foundRows is how many candidates a search shows.
	foundRows = 25
	// scannedRows is how many matches of one kind are read. The beginning of a name may have many.
	scannedRows = 500
	// scannedBodies is how many exports are read that are not resolved yet.
	scannedBodies = 1000
	// never is a text that equals nothing in the database.
	never = "\x01"
)

// findCandidates finds candidates by name, email or any id, of one tenant, or of all with uuid.Nil.
// more reports that there are others.
func (k *Console) findCandidates(
	ctx context.Context, text string, within uuid.UUID,
) (found []foundCandidate, more bool, err error) {
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

// lookup collects what a search finds, up to the first error.
type lookup struct {
	*Console
	within uuid.UUID
	found  []foundCandidate
	more   bool
	err    error
}

// fail keeps the first error, and reports whether there is one.
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
	if len([]rune(name)) < minNameLength {
		name = never
	} else {
		until = name + "\U0010FFFF"
	}
	f.requests(ctx, email, text, name, until)
	f.writebacks(ctx, email, text, name, until)
	f.applicants(ctx, email, name, until)
	if !strings.ContainsAny(text, " @") { // neither a name nor an email
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
			Tenant: row.TenantID, Name: personName(row.FirstName, row.LastName),
			Email: db.Text(row.Email), At: row.CreatedAt,
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
			Tenant: row.TenantID, Name: personName(row.FirstName, row.LastName),
			Email: strings.ToLower(db.Text(row.Email)), At: row.CreatedAt,
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
		f.add(foundCandidate{
			Tenant: row.TenantID, Name: capitals(db.Text(row.FoldedName)), Email: db.Text(row.Email), At: row.CreatedAt,
		}, &row.ApplicantID)
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

// unresolved searches the exports that are not resolved yet.
func (f *lookup) unresolved(ctx context.Context, text string) {
	words := strings.Fields(strings.ToLower(text))
	for i, word := range words {
		if encoded, err := json.Marshal(word); err == nil {
			words[i] = strings.Trim(string(encoded), `"`)
		}
		// JSON has two ways to write a character that is not ASCII. So only the text before it is
		// searched for, and each export found is then read.
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
		named := wanted != "" && (strings.HasPrefix(folded, wanted) || strings.Contains(folded, " "+wanted))
		if email != jazzhr.NormalizeEmail(text) && !named {
			continue
		}
		f.add(foundCandidate{
			Tenant: row.TenantID, Name: name, Email: email, At: row.ReceivedAt,
			Webhooks: []uuid.UUID{row.WebhookID}, keys: []string{"webhook:" + row.WebhookID.String()},
		}, nil)
	}
}

// exportedPerson returns the person in an export, as far as the export can be read.
func exportedPerson(body []byte) jazzhr.Person {
	export, _ := jazzhr.ParseExport(body) // an export that can't be read has no person
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
