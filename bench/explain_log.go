package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// afterApplication ends the name of the program that a line of the server's log is about.
const afterApplication = "|"

// executed is a statement that was run.
type executed struct {
	name string
	took float64 // ms
	plan plan
	text []byte // of the plan, as JSON
}

// logReader reads what auto_explain has written since it was made.
type logReader struct {
	file string
	from int64
}

func newLogReader(ctx context.Context, d *database) (*logReader, error) {
	data, err := one[string](ctx, d, "SHOW data_directory")
	if err != nil {
		return nil, err
	}
	l := &logReader{file: filepath.Join(filepath.Dir(data), "postgres.log")}
	info, err := os.Stat(l.file)
	if err != nil {
		return nil, fmt.Errorf("the server's log: %w", err)
	}
	l.from = info.Size()
	return l, nil
}

var (
	planBegins  = regexp.MustCompile(`^([^|]*)\|LOG:  duration: ([0-9.]+) ms  plan:$`)
	foreignKeys = regexp.MustCompile(`FROM ONLY "jazzhr"\."(\w+)"`)
)

// read calls add for each statement of the service.
func (l *logReader) read(add func(executed) error) error {
	file, err := os.Open(l.file)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(l.from, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(file, 1<<20)
	var e *executed
	end := func() error {
		if e == nil {
			return nil
		}
		done := e
		e = nil
		return done.parse(add)
	}
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return end()
		}
		if err != nil {
			return err
		}
		if inside, ok := bytes.CutPrefix(line, []byte("\t")); ok {
			if e != nil {
				e.text = append(e.text, inside...)
			}
			continue
		}
		if err := end(); err != nil {
			return err
		}
		found := planBegins.FindSubmatch(bytes.TrimRight(line, "\n"))
		if found == nil || string(found[1]) == "bench" {
			continue
		}
		took, err := strconv.ParseFloat(string(found[2]), 64)
		if err != nil {
			return err
		}
		e = &executed{took: took}
	}
}

func (e *executed) parse(add func(executed) error) error {
	var entry struct {
		Text string `json:"Query Text"`
		Plan plan   `json:"Plan"`
	}
	if err := json.Unmarshal(e.text, &entry); err != nil {
		return fmt.Errorf("a plan in the server's log: %w", err)
	}
	e.plan, e.name = entry.Plan, nameOf(entry.Text)
	return add(*e)
}

// nameOf is the name that sqlc gave a query, or what a nameless one is known by.
func nameOf(text string) string {
	if found := queryNames.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	if found := foreignKeys.FindStringSubmatch(text); found != nil && strings.Contains(text, "FOR KEY SHARE") {
		return "foreign key to " + found[1]
	}
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), 60)]
}

// seen is what was seen of one query.
type seen struct {
	took, blocks, read []float64 // of each call; blocks found in memory or not, and those that were not
	rows, looked       float64   // at most
	worst              executed
	scans              map[string]bool
}

func (s *seen) add(e executed) {
	blocks := float64(e.plan.Hit + e.plan.Read)
	if len(s.took) == 0 || blocks > float64(s.worst.plan.Hit+s.worst.plan.Read) {
		s.worst = e
	}
	s.took, s.blocks, s.read = append(s.took, e.took), append(s.blocks, blocks), append(s.read, float64(e.plan.Read))
	s.rows, s.looked = max(s.rows, e.plan.result()), max(s.looked, e.plan.read())
	for _, scan := range e.plan.scans() {
		s.scans[scan] = true
	}
}

// share is the value that a share of the values is at most.
func share(values []float64, of float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[min(int(of*float64(len(values))), len(values)-1)]
}
