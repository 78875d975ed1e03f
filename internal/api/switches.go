package api

import (
	"context"
	"net/http"
	"slices"

	"parry"
	"parry/internal/signin"
)

// mostSwitches is how much of the switches' history one answer holds.
const mostSwitches = 200

// Switches are what is stopped, and what was.
type Switches struct {
	Everything string         `json:"everything" doc:"who stopped everything, when and why; empty where it is not stopped"`
	Playbooks  []Stopped      `json:"playbooks" nullable:"false" doc:"those that are stopped by themselves, whatever everything is"`
	History    []parry.Record `json:"history" nullable:"false" doc:"what was stopped, started and taken off hold, the newest first: 200 at most"`
	Earlier    int            `json:"earlier,omitempty" doc:"how many older records are left out"`
}

// Stopped is a playbook that is stopped.
type Stopped struct {
	Playbook string `json:"playbook" doc:"its name"`
	Why      string `json:"why" doc:"who stopped it, when and why"`
}

type stopAsk struct {
	Body struct {
		Playbook string `json:"playbook,omitempty" minLength:"1" maxLength:"200" doc:"only this one, by its name; without it everything"`
		Why      string `json:"why" pattern:"\\S" maxLength:"2000" doc:"the reason, for whoever finds it stopped"`
	} `nameHint:"StopRequest"`
}

type startAsk struct {
	Body struct {
		Playbook string `json:"playbook,omitempty" minLength:"1" maxLength:"200" doc:"only this one, by its name; without it everything that was stopped as a whole"`
	} `nameHint:"StartRequest"`
}

func (stopAsk) body()  {}
func (startAsk) body() {}

// switches registers the kill switch.
func (s *server) switches() {
	const tag = "switches"
	add(s, operation{"show-switches", http.MethodGet, "/v1/switches", signin.Viewer, "Show what is stopped",
		"What is stopped now, and the history of stops, starts and holds taken off.", nil, tag}, func(ctx context.Context, _ *struct{}) (Switches, error) { return s.stopped(ctx) })
	add(s, operation{"stop", http.MethodPost, "/v1/stop", signin.Admin, "Stop everything, or one playbook",
		"From now on no worker on this store makes a call that changes anything. An undo by a person is not stopped.", []int{http.StatusNotFound}, tag}, s.stop)
	add(s, operation{"start", http.MethodPost, "/v1/start", signin.Admin, "Take a stop back",
		"What stood still goes on, and failures from before do not count for the breaker any more.", []int{http.StatusNotFound, http.StatusConflict}, tag}, s.start)
}

func (s *server) stopped(ctx context.Context) (Switches, error) {
	sw := Switches{Playbooks: []Stopped{}, History: []parry.Record{}}
	var names []string
	for _, p := range s.o.Playbooks() {
		names = append(names, p.Name)
	}
	everything, single, err := s.o.Desk.Engine.Stops(ctx, names...)
	if err != nil {
		return sw, err
	}
	sw.Everything = everything
	for _, n := range names {
		if why := single[n]; why != "" {
			sw.Playbooks = append(sw.Playbooks, Stopped{n, why})
		}
	}
	all, err := s.o.Store.Records(ctx, parry.SwitchLog)
	sw.Earlier = max(len(all)-mostSwitches, 0)
	sw.History = append(sw.History, all[sw.Earlier:]...)
	slices.Reverse(sw.History)
	return sw, err
}

func (s *server) stop(ctx context.Context, in *stopAsk) (Switches, error) {
	if err := s.knows(in.Body.Playbook); err != nil {
		return Switches{}, err
	}
	if err := s.o.Desk.Stop(ctx, in.Body.Playbook, in.Body.Why); err != nil {
		return Switches{}, err
	}
	return s.stopped(ctx)
}

func (s *server) start(ctx context.Context, in *startAsk) (Switches, error) {
	if err := s.knows(in.Body.Playbook); err != nil {
		return Switches{}, err
	}
	if err := s.o.Desk.Start(ctx, in.Body.Playbook); err != nil {
		return Switches{}, err
	}
	return s.stopped(ctx)
}

// knows refuses a playbook that there is not: a stop of it would stop nothing, and nobody would see it.
func (s *server) knows(playbook string) error {
	if playbook == "" || slices.ContainsFunc(s.o.Playbooks(), func(p Playbook) bool { return p.Name == playbook }) {
		return nil
	}
	return parry.Errorf(parry.NotFound, "there is no playbook %q", playbook).WithHint("/api/v1/playbooks has their names")
}
