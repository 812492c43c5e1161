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

// afterApplication separates the application's name from the rest of a line of the server's log.
const afterApplication = "|"

// executed is a statement that ran, with its plan.
type executed struct {
	name string
	took float64 // ms
	plan plan
	text []byte // of the plan, as JSON
}

// logReader reads what auto_explain has written since newLogReader.
type logReader struct {
	file string
	from int64
}

func newLogReader(ctx context.Context, d *database) (*logReader, error) {
	data, err := queryValue[string](ctx, d, "SHOW data_directory")
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

// read calls add for each statement in the log but the bench's own.
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

// nameOf returns the name that sqlc gave a query. A check of a foreign key is named for the table
// that it reads; any other statement for its first 60 characters.
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

// queryStats is what the log says of one query.
type queryStats struct {
	took, blocks, read []float64 // of each call: ms, blocks touched, and blocks of these that were not in memory
	rows, scanned      float64   // the most of any call
	worst              executed  // the call that touched most blocks
	scans              map[string]bool
}

func (s *queryStats) add(e executed) {
	blocks := float64(e.plan.Hit + e.plan.Read)
	if len(s.took) == 0 || blocks > float64(s.worst.plan.Hit+s.worst.plan.Read) {
		s.worst = e
	}
	s.took, s.blocks, s.read = append(s.took, e.took), append(s.blocks, blocks), append(s.read, float64(e.plan.Read))
	s.rows, s.scanned = max(s.rows, e.plan.result()), max(s.scanned, e.plan.rowsRead())
	for _, scan := range e.plan.scans() {
		s.scans[scan] = true
	}
}

// quantile returns the value below which the given share of the values lies; a share of 1 is the
// largest.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[min(int(share*float64(len(values))), len(values)-1)]
}
