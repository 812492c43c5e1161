package jazzhrtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// savedState is the content of the file. It leaves out rules, counts and deliveries, and what was
// hidden from readers: after a load, everything is visible.
type savedState struct {
	Version  int            `json:"version"`
	Number   int64          `json:"number"`
	TokenKey []byte         `json:"token_key"`
	Accounts []savedAccount `json:"accounts"`
}

type savedAccount struct {
	ID           string       `json:"id"`
	Key          string       `json:"key"`
	Settings     Settings     `json:"settings"`
	Integration  Integration  `json:"integration"`
	Verification Verification `json:"verification"`
	Jobs         []Job        `json:"jobs"`
	Applicants   []Applicant  `json:"applicants"`
	Links        []Link       `json:"links"`
	Notes        []Note       `json:"notes"`
	Activities   []Activity   `json:"activities"`
}

const savedVersion = 1

// Save writes the state to a file. The file holds API keys and secrets, so only its owner can read
// it. The file is replaced as a whole.
func (s *Sim) Save(path string) error {
	data, err := json.MarshalIndent(s.export(), "", " ")
	if err != nil {
		return fmt.Errorf("save simulator: %w", err)
	}
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("save simulator: %w", err)
	}
	return nil
}

// Load reads a state that Save wrote. The simulator must have no accounts. If the file does not
// exist, the error wraps fs.ErrNotExist.
func (s *Sim) Load(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("load simulator: %w", err)
	}
	var st savedState
	if err := json.Unmarshal(data, &st); err != nil {
		return fmt.Errorf("load simulator: %w", err)
	}
	if st.Version != savedVersion {
		return fmt.Errorf("load simulator: the file has version %d, this program reads %d", st.Version, savedVersion)
	}
	if err := s.restore(st); err != nil {
		return fmt.Errorf("load simulator: %w", err)
	}
	return nil
}

// saveInterval is the longest time between a change and its save.
const saveInterval = time.Second

// KeepSaved saves the state at once, soon after each change, and when the context ends. It returns
// the first error.
func (s *Sim) KeepSaved(ctx context.Context, path string) error {
	for {
		changed := s.watch()
		if err := s.Save(path); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s.Save(path)
		}
		// Changes come in bursts. One save covers a whole interval.
		timer := time.NewTimer(saveInterval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// export copies the state.
func (s *Sim) export() savedState {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := savedState{Version: savedVersion, Number: s.number, TokenKey: slices.Clone(s.tokenKey)}
	for _, a := range s.accounts {
		saved := savedAccount{
			ID: a.id, Key: a.key, Settings: a.settings, Integration: a.integration, Verification: a.verification,
		}
		for _, j := range a.jobs.inCreationOrder() {
			saved.Jobs = append(saved.Jobs, j.Job)
		}
		for _, p := range a.applicants {
			saved.Applicants = append(saved.Applicants, p.Applicant)
			for _, n := range p.notes {
				saved.Notes = append(saved.Notes, n.Note)
			}
		}
		for _, l := range a.links.inCreationOrder() {
			saved.Links = append(saved.Links, l.Link)
		}
		for _, act := range a.activities.inCreationOrder() {
			saved.Activities = append(saved.Activities, act.Activity)
		}
		st.Accounts = append(st.Accounts, saved)
	}
	return st
}

// restore loads a state as a whole, or fails and changes nothing.
func (s *Sim) restore(st savedState) error {
	s.mu.Lock()
	defer s.unlockChanged()
	if len(s.accounts) > 0 {
		return errors.New("the simulator has accounts already")
	}
	var accounts []*Account
	keys := make(map[string]bool)
	for _, saved := range st.Accounts {
		if keys[saved.Key] {
			return errors.New("two accounts have one API key")
		}
		keys[saved.Key] = true
		a, err := s.restoreAccount(saved)
		if err != nil {
			return fmt.Errorf("%s: %w", saved.ID, err)
		}
		accounts = append(accounts, a)
	}
	for _, a := range accounts {
		s.register(a)
	}
	s.number, s.tokenKey = st.Number, st.TokenKey
	return nil
}

func (s *Sim) restoreAccount(saved savedAccount) (*Account, error) {
	a := newAccount(s, saved.ID, saved.Key)
	a.settings, a.integration, a.verification = saved.Settings, saved.Integration, saved.Verification
	for _, j := range saved.Jobs {
		j.Opened = j.Opened.In(s.opts.Location)
		a.insertJob(j)
	}
	for _, p := range saved.Applicants {
		p.Applied = p.Applied.In(s.opts.Location)
		a.insertApplicant(p, nil)
	}
	for _, l := range saved.Links {
		p := a.applicant[l.ApplicantID]
		if p == nil || a.jobByID[l.JobID] == nil {
			return nil, ErrUnknownLink
		}
		l.Date, l.Moved = l.Date.In(s.opts.Location), l.Moved.In(s.opts.Location)
		a.insertLink(p, &link{Link: l, sortKey: s.newSortKey(l.Date)})
	}
	for _, n := range saved.Notes {
		p := a.applicant[n.ApplicantID]
		if p == nil {
			return nil, ErrUnknownApplicant
		}
		n.Written = n.Written.In(s.opts.Location)
		p.notes = append(p.notes, &note{Note: n})
	}
	for _, act := range saved.Activities {
		act.At = act.At.In(s.opts.Location)
		a.insertActivity(act, nil)
	}
	return a, nil
}

// replaceFile writes a new file next to the path and renames it.
func replaceFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // has mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // already renamed if all went well
	if _, err := tmp.Write(data); err != nil {
		_ = tmp.Close()
		return err
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
