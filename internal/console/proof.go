package console

import (
	"net/http"

	"parry"
	"parry/internal/audit"
)

// proof gives the proof that a response's records are in the signed log, as a file: 'parry audit check' holds it to the key. It is not checked here:
// who doubts the record has no reason to believe this page.
func (c *Console) proof(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := c.o.Store.Response(r.Context(), id); err != nil || parry.OwnLog(id) {
		return parry.Errorf(parry.NotFound, "there is no response %s", id)
	}
	select {
	case c.stage <- struct{}{}: // it reads the whole log
		defer func() { <-c.stage }()
	default:
		return parry.Errorf(parry.Conflict, "others ask for proofs at this moment").WithHint("try again in a few seconds")
	}
	p, err := audit.Prove(r.Context(), c.o.Store, id)
	if err != nil {
		return err
	}
	if p.Checkpoint == "" {
		return parry.Errorf(parry.NotFound, "nothing is signed yet, so that there is nothing to prove with").
			WithHint("set audit_key: then the server signs the log every minute in which there is something new")
	}
	return c.download(w, "parry-proof-"+id+".json", p)
}
