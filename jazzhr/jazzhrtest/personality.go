package jazzhrtest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Dimension is one thing that no source tells of JazzHR, with the values that have to be borne.
type Dimension struct {
	Name   string
	Known  string // what is known of it, and how well
	Values []Value
}

// Value is one value of a dimension.
type Value struct {
	Name string
	set  func(*Settings, Moment)
}

// Moment is what a personality needs to know of its time.
type Moment struct {
	Now    time.Time
	Lag    time.Duration // by which reads lag, if they do
	Outage time.Duration // how long an outage lasts, if there is one
}

func value(name string, set func(*Settings, Moment)) Value { return Value{name, set} }

// Dimensions are all that is not known of JazzHR as far as an account can differ in it. The first
// value of each is the zero value of [Settings].
func Dimensions() []Dimension {
	return []Dimension{
		{"note routes", "the mission names POST /applicants/{id}/notes; every public client posts to /notes", each(
			func(s *Settings, v NotesRoute) { s.NotesRoute = v }, NotesBoth, NotesOnly, NotesByApplicant)},
		{"status of an unknown route", "nothing", each(
			func(s *Settings, v int) { s.UnknownRoute.Status = v }, http.StatusNotFound, http.StatusMethodNotAllowed)},
		{"body of an unknown route", "nothing", each(
			func(s *Settings, v Body) { s.UnknownRoute.Body = v }, BodyPage, BodyError, BodyOtherJSON, BodyEmpty)},
		{"a refusal", "200 with _error, error or a text [agreed]; others are guesses", each(
			func(s *Settings, v Refusal) { s.Refusal = v },
			Refusal{}, Refusal{Form: RefusalUnderscore}, Refusal{Form: RefusalError}, Refusal{Form: RefusalText},
			Refusal{RefusalError, http.StatusBadRequest}, Refusal{RefusalError, http.StatusConflict},
			Refusal{RefusalUnderscore, http.StatusUnprocessableEntity})},
		{"the filter by name", "matches a part of the first or the last name [agreed]", each(
			func(s *Settings, v NameFilter) { s.NameFilter = v },
			NameFilter{}, NameFilter{Collation: CollationBytes}, NameFilter{Collation: CollationCase, Whole: true},
			NameFilter{Collation: CollationPunctuation}, NameFilter{Whole: true, Spaces: true})},
		{"reads that lag writes", "one client waits 2 s; search is said to lag [one]", []Value{
			value("none", func(*Settings, Moment) {}),
			value("all", func(s *Settings, m Moment) { s.ReadLag = m.Lag }),
			value("lists", func(s *Settings, m Moment) { s.ListLag = m.Lag }),
			value("details", func(s *Settings, m Moment) { s.DetailLag = m.Lag }),
			value("details of the new, ten times as long", func(s *Settings, m Moment) { s.DetailAfter = 10 * m.Lag }),
		}},
		{"details now and then empty", "a listed id may have no detail [guess]", each(
			func(s *Settings, v bool) { s.DetailGaps = v }, false, true)},
		{"ids of notes", "text [agreed]", each(func(s *Settings, v bool) { s.NumericIDs = v }, false, true)},
		{"the answer to a write", "an object with the id [agreed]", each(
			func(s *Settings, v Answers) { s.Answers = v }, AnswersPlain, AnswersWrapped, AnswersRenamed, AnswersMore, AnswersEmpty)},
		{"a pair linked again", "nothing", each(
			func(s *Settings, v RepeatedLink) { s.RepeatedLink = v }, LinksDoubled, LinksRefused, LinksSame)},
		{"a note read back", "nothing", each(
			func(s *Settings, v NoteForm) { s.NoteForm = v },
			NoteAsSent, NoteHTML, NoteStripped, NoteOneLine, NoteBytes, NoteThreeByte, NoteTrimmed, NoteCurly)},
		{"dates of application", "0000-00-00 for none [agreed]", each(
			func(s *Settings, v Dates) { s.Dates = v }, DatesPlain, DatesNone, DatesBefore, DatesImpossible, DatesFuture)},
		{"empty lists", "[], one client met null [one]", each(func(s *Settings, v bool) { s.NullLists = v }, false, true)},
		{"the limit of calls", "80 a minute [agreed], no header known", []Value{
			value("the simulator's", func(*Settings, Moment) {}),
			value("40, Retry-After", func(s *Settings, _ Moment) { s.CallsPerMinute, s.RetryAfter = 40, true }),
			value("40, no header", func(s *Settings, _ Moment) { s.CallsPerMinute = 40 }),
		}},
		{"an outage", "nothing", []Value{
			value("none", func(*Settings, Moment) {}),
			value("of all", func(s *Settings, m Moment) { s.Outage.Until = m.Now.Add(m.Outage) }),
			value("of reads", func(s *Settings, m Moment) { s.Outage.Until, s.Outage.Of = m.Now.Add(m.Outage), OutageOfReads }),
			value("of writes", func(s *Settings, m Moment) { s.Outage.Until, s.Outage.Of = m.Now.Add(m.Outage), OutageOfWrites }),
		}},
		{"the answers in an outage", "pages that are not JSON, with 200 and with 5xx [agreed]", each(
			func(s *Settings, v UnknownRoute) { s.Outage.Status, s.Outage.Body = v.Status, v.Body },
			UnknownRoute{http.StatusServiceUnavailable, BodyPage}, UnknownRoute{http.StatusInternalServerError, BodyError},
			UnknownRoute{http.StatusBadGateway, BodyEmpty}, UnknownRoute{http.StatusGatewayTimeout, BodyPage},
			UnknownRoute{http.StatusRequestTimeout, BodyError}, UnknownRoute{http.StatusOK, BodyPage}, UnknownRoute{http.StatusForbidden, BodyPage})},
	}
}

// each makes the values of a dimension that one setting holds.
func each[T any](set func(*Settings, T), values ...T) (all []Value) {
	for _, v := range values {
		name := strings.Trim(fmt.Sprint(v), "{} ")
		all = append(all, value(cmp.Or(name, "plain"), func(s *Settings, _ Moment) { set(s, v) }))
	}
	return all
}

// Personality is one value of each dimension, by its number: one JazzHR that could be.
type Personality []int

// Configure gives an account the personality.
func (p Personality) Configure(s *Settings, at Moment) {
	for i, d := range Dimensions() {
		d.Values[p[i]].set(s, at)
	}
}

func (p Personality) String() string {
	var parts []string
	for i, d := range Dimensions() {
		parts = append(parts, d.Name+": "+d.Values[p[i]].Name)
	}
	return strings.Join(parts, "; ")
}

// Pair is two values that one personality has, each as its dimension and its number in it.
type Pair [2][2]int

func (p Pair) String() string {
	all := Dimensions()
	name := func(at [2]int) string { return all[at[0]].Name + ": " + all[at[0]].Values[at[1]].Name }
	return name(p[0]) + " with " + name(p[1])
}

// Pairs are the pairs of values that the personality has.
func (p Personality) Pairs() (pairs []Pair) {
	for i := range p {
		for j := i + 1; j < len(p); j++ {
			pairs = append(pairs, Pair{{i, p[i]}, {j, p[j]}})
		}
	}
	return pairs
}

// AllPairs are the pairs that there are.
func AllPairs() map[Pair]bool {
	pairs, all := map[Pair]bool{}, Dimensions()
	for i, a := range all {
		for j := i + 1; j < len(all); j++ {
			for v := range a.Values {
				for w := range all[j].Values {
					pairs[Pair{{i, v}, {j, w}}] = true
				}
			}
		}
	}
	return pairs
}

// Personalities are so many that each pair of values is met in one of them, the same at every call.
// The first is the zero value of [Settings].
func Personalities() (all []Personality) {
	const draws = 60 // for each: the one of most pairs that are not met yet
	dimensions, open := Dimensions(), AllPairs()
	todo := slices.SortedFunc(maps.Keys(open), func(a, b Pair) int { return slices.Compare(append(a[0][:], a[1][:]...), append(b[0][:], b[1][:]...)) })
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // the same at every call
	p := make(Personality, len(dimensions))
	for {
		all = append(all, p)
		for _, pair := range p.Pairs() {
			delete(open, pair)
		}
		todo = slices.DeleteFunc(todo, func(pair Pair) bool { return !open[pair] })
		if len(todo) == 0 {
			return all
		}
		best := -1
		for range draws {
			drawn, gain := make(Personality, len(dimensions)), 0
			for i, d := range dimensions {
				drawn[i] = r.IntN(len(d.Values))
			}
			for _, v := range todo[r.IntN(len(todo))] {
				drawn[v[0]] = v[1]
			}
			for _, pair := range drawn.Pairs() {
				if open[pair] {
					gain++
				}
			}
			if gain > best {
				p, best = drawn, gain
			}
		}
	}
}
