package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"parry/internal/awsapi"
	"parry/internal/playbook"
	"parry/playbooks"
)

// loading prints how long the whole catalogue takes to be read and type-checked: the first time, as every process does it, and the best
// of several, as what else the machine does can only slow it down. Every command waits for it.
func loading(context.Context) error {
	var took []time.Duration
	n := 0
	for range starts {
		start := time.Now()
		set := playbook.NewSet(awsapi.Catalog())
		if err := set.AddFolder(playbooks.FS, ".", "playbooks"); err != nil {
			return err
		}
		took, n = append(took, time.Since(start)), len(set.All())
	}
	best := slices.Min(took)
	fmt.Printf("%d playbooks loaded and checked in   %8.1f ms, at best in %.1f ms, which is %.1f ms each\n", n, ms(took[0]), ms(best), ms(best)/float64(n))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
