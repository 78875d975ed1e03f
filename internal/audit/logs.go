package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"parry"
)

// What CloudWatch Logs takes in one call. Source: CloudWatch Logs API reference, PutLogEvents.
const (
	logsBatchBytes  = 1 << 20 // with logsOverhead for each event
	logsOverhead    = 26
	logsBatchEvents = 10_000
	logsEventBytes  = 256<<10 - logsOverhead // 1 MB by now, and 256 KiB where that is not so yet
	logsSpan        = 24 * time.Hour
)

// Logs writes an export into a stream of CloudWatch Logs, each line at the time of its record.
type Logs struct {
	client        *cloudwatchlogs.Client
	group, stream string
}

// NewLogs reads where to: logs:GROUP/STREAM. A group's name may have slashes in it.
func NewLogs(cfg aws.Config, to string) (*Logs, error) {
	name := strings.TrimPrefix(to, "logs:")
	i := strings.LastIndexByte(name, '/')
	if i < 1 || i == len(name)-1 {
		return nil, parry.Errorf(parry.Invalid, "%q names no log stream", to).WithHint("logs:GROUP/STREAM")
	}
	return &Logs{client: cloudwatchlogs.NewFromConfig(cfg), group: name[:i], stream: name[i+1:]}, nil
}

// Put implements Sink.
func (l *Logs) Put(ctx context.Context, _, _ int64, lines []Line) error {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	for _, line := range lines {
		if len(line.Text) > logsEventBytes {
			return parry.Errorf(parry.Refused, "record %s has %d bytes, and CloudWatch Logs takes %d", line.Name, len(line.Text), logsEventBytes).WithHint("export to S3 or to a file")
		}
	}
	for _, batch := range batches(lines) {
		if err := l.send(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// batches parts lines, which are in the order of time, into what one call may hold.
func batches(lines []Line) (all [][]Line) {
	from, size := 0, 0
	for i, line := range lines {
		n := len(line.Text) + logsOverhead
		if i > from && (size+n > logsBatchBytes || i-from == logsBatchEvents || line.At.Sub(lines[from].At) >= logsSpan) {
			all = append(all, lines[from:i])
			from, size = i, 0
		}
		size += n
	}
	if from < len(lines) {
		all = append(all, lines[from:])
	}
	return all
}

func (l *Logs) send(ctx context.Context, batch []Line) error {
	in := &cloudwatchlogs.PutLogEventsInput{LogGroupName: &l.group, LogStreamName: &l.stream}
	for _, line := range batch {
		in.LogEvents = append(in.LogEvents, types.InputLogEvent{Message: aws.String(string(line.Text)), Timestamp: aws.Int64(line.At.UnixMilli())})
	}
	out, err := l.client.PutLogEvents(ctx, in)
	var absent *types.ResourceNotFoundException
	if errors.As(err, &absent) { // the stream is made when it is first written to; the group, with its retention, is not ours to make
		if _, cerr := l.client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &l.group, LogStreamName: &l.stream}); cerr != nil {
			return parry.Errorf(parry.Invalid, "there is no log stream %s in group %s, and it cannot be made: %w", l.stream, l.group, cerr).WithHint("make the log group, with the retention that it is to have")
		}
		out, err = l.client.PutLogEvents(ctx, in)
	}
	if err != nil {
		return parry.Errorf(parry.Fault, "log stream %s/%s cannot be written: %w", l.group, l.stream, err).WithHint("it needs logs:PutLogEvents and logs:CreateLogStream")
	}
	return refused(out.RejectedLogEventsInfo, batch)
}

// refused tells of events that CloudWatch Logs did not keep: it says yes all the same.
func refused(info *types.RejectedLogEventsInfo, batch []Line) error {
	if info == nil {
		return nil
	}
	old := max(aws.ToInt32(info.TooOldLogEventEndIndex), aws.ToInt32(info.ExpiredLogEventEndIndex))
	late := int32(0)
	if info.TooNewLogEventStartIndex != nil {
		late = int32(len(batch)) - *info.TooNewLogEventStartIndex
	}
	if old == 0 && late == 0 {
		return nil
	}
	return parry.Errorf(parry.Refused, "CloudWatch Logs did not keep %d records of %d, the first is %s: %d are older than 14 days or than the group's retention, %d are of the future",
		old+late, len(batch), batch[0].Name, old, late).WithHint("export what is old to S3 or to a file, and go on with --from behind it")
}
