package trigger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/intrvio/jazzhr-worker/intrvio"
)

// attachments returns the files of the export that are at JazzHR, and the addresses of the others. A
// candidate's text can land in an export, and whoever gets the event fetches from the addresses.
func (e *export) attachments() (files []intrvio.Attachment, dropped []string) {
	for _, profile := range e.parsed.Profiles {
		for _, a := range profile.Attachments {
			if !e.triggers.isAtJazzHR(a.URL) {
				dropped = append(dropped, a.URL)
				continue
			}
			files = append(files, intrvio.Attachment{
				URL: a.URL, FileName: a.FileName, MimeType: a.MIMEType,
				ExpiresAt: intrvio.AttachmentExpiry(a.URL, e.webhook.ReceivedAt),
			})
		}
	}
	return files, dropped
}

// isAtJazzHR reports whether a file is at JazzHR, or where JazzHR's API is for this service: a
// simulator has its own host.
func (t *Triggers) isAtJazzHR(address string) bool {
	if intrvio.ServedByJazzHR(address) {
		return true
	}
	api, err := url.Parse(t.JazzHRURL)
	if err != nil || api.Host == "" {
		return false
	}
	file, err := url.Parse(address)
	return err == nil && file.Scheme == api.Scheme && file.Host == api.Host && file.User == nil
}

// profile returns the export's profile without the addresses of dropped attachments.
func (e *export) profile(dropped []string) (json.RawMessage, error) {
	pushed := e.parsed.Profile()
	if len(dropped) == 0 {
		return pushed, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(pushed))
	decoder.UseNumber()
	var profile any
	if err := decoder.Decode(&profile); err != nil {
		return nil, fmt.Errorf("read the profile of an export: %w", err)
	}
	kept, err := json.Marshal(without(profile, dropped))
	if err != nil {
		return nil, fmt.Errorf("write the profile of an export: %w", err)
	}
	return kept, nil
}

// without returns a JSON value in which each text that is one of these is empty.
func without(value any, texts []string) any {
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			v[name] = without(item, texts)
		}
	case []any:
		for n, item := range v {
			v[n] = without(item, texts)
		}
	case string:
		if slices.Contains(texts, strings.TrimSpace(v)) {
			return ""
		}
	}
	return value
}
