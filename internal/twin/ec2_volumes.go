package twin

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

type volume struct {
	id, zone, snapshot, kms string
	made                    time.Time
	size                    int32
	encrypted               bool
	is                      types.VolumeType
	instance                *instance // both nil while the volume is free
	device                  *blockDevice
}

func (s *ec2State) addVolume(r *request, zone string, in *types.EbsBlockDevice) *volume {
	v := &volume{
		id: r.org.id("vol"), zone: zone, snapshot: aws.ToString(in.SnapshotId), kms: aws.ToString(in.KmsKeyId), made: r.now,
		size: aws.ToInt32(in.VolumeSize), encrypted: aws.ToBool(in.Encrypted), is: cmp.Or(in.VolumeType, types.VolumeTypeGp3),
	}
	if v.size == 0 {
		v.size = 8
	}
	s.volumes.put(v.id, v)
	return v
}

func createVolume(r *request, in *ec2.CreateVolumeInput) (*ec2.CreateVolumeOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeVolume)
	if err != nil {
		return nil, err
	}
	zone := aws.ToString(in.AvailabilityZone)
	if len(zone) != len(r.region)+1 || !strings.HasPrefix(zone, r.region) {
		return nil, reject("InvalidZone.NotFound", "The zone '%s' does not exist.", zone)
	}
	if in.Size == nil && in.SnapshotId == nil {
		return nil, reject("MissingParameter", "The request must contain the parameter size/snapshotId")
	}
	v := s.addVolume(r, zone, &types.EbsBlockDevice{Encrypted: in.Encrypted, KmsKeyId: in.KmsKeyId, SnapshotId: in.SnapshotId, VolumeSize: in.Size, VolumeType: in.VolumeType})
	s.tagAll(v.id, tags[types.ResourceTypeVolume])
	view := s.volumeView(v)
	return &ec2.CreateVolumeOutput{
		VolumeId: view.VolumeId, AvailabilityZone: view.AvailabilityZone, CreateTime: view.CreateTime, Size: view.Size, SnapshotId: view.SnapshotId,
		Encrypted: view.Encrypted, KmsKeyId: view.KmsKeyId, VolumeType: view.VolumeType, State: view.State, Tags: view.Tags,
	}, nil
}

func (v *volume) state() types.VolumeState {
	if v.instance != nil {
		return types.VolumeStateInUse
	}
	return types.VolumeStateAvailable
}

func (s *ec2State) volumeView(v *volume) types.Volume {
	out := types.Volume{
		VolumeId: aws.String(v.id), AvailabilityZone: aws.String(v.zone), CreateTime: aws.Time(v.made), Size: aws.Int32(v.size),
		SnapshotId: aws.String(v.snapshot), Encrypted: aws.Bool(v.encrypted), KmsKeyId: text(v.kms), VolumeType: v.is,
		State: v.state(), MultiAttachEnabled: aws.Bool(false), Tags: s.tagView(v.id), Attachments: []types.VolumeAttachment{},
	}
	if v.instance != nil {
		out.Attachments = append(out.Attachments, types.VolumeAttachment{
			VolumeId: aws.String(v.id), InstanceId: aws.String(v.instance.id), Device: aws.String(v.device.name), AttachTime: aws.Time(v.device.at),
			DeleteOnTermination: aws.Bool(v.device.deleteOnTermination), State: types.VolumeAttachmentStateAttached,
		})
	}
	return out
}

func describeVolumes(r *request, in *ec2.DescribeVolumesInput) (*ec2.DescribeVolumesOutput, error) {
	s := &r.reg.ec2
	if err := notWithIDs("volumeSet", in.VolumeIds, in.MaxResults); err != nil {
		return nil, err
	}
	for _, id := range in.VolumeIds {
		if !wellFormed("vol-", id) {
			return nil, reject("InvalidParameterValue", "Value (%s) for parameter volumes is invalid. Expected: 'vol-...'.", id)
		}
	}
	found, next, err := list(&s.volumes, s.volume, volumeFields(), func(v *volume) map[string]string { return s.tags[v.id] },
		query{in.VolumeIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVolumesOutput{NextToken: next}
	for _, v := range found {
		out.Volumes = append(out.Volumes, s.volumeView(v))
	}
	return out, nil
}

func volumeFields() fields[volume] {
	f := fields[volume]{
		"volume-id":         func(v *volume) []string { return []string{v.id} },
		"availability-zone": func(v *volume) []string { return []string{v.zone} },
		"encrypted":         func(v *volume) []string { return yesNo(v.encrypted) },
		"size":              func(v *volume) []string { return one(strconv.Itoa(int(v.size))) },
		"snapshot-id":       func(v *volume) []string { return one(v.snapshot) },
		"status":            func(v *volume) []string { return one(string(v.state())) },
		"volume-type":       func(v *volume) []string { return one(string(v.is)) },
	}
	for name, get := range map[string]func(*volume) []string{
		"instance-id":           func(v *volume) []string { return one(v.instance.id) },
		"device":                func(v *volume) []string { return one(v.device.name) },
		"status":                func(*volume) []string { return one("attached") },
		"delete-on-termination": func(v *volume) []string { return yesNo(v.device.deleteOnTermination) },
	} {
		f["attachment."+name] = func(v *volume) []string {
			if v.instance == nil {
				return nil
			}
			return get(v)
		}
	}
	return f
}

// snapshotTakes is how long a snapshot stays pending by the organization's clock.
const snapshotTakes = time.Minute

type snapshot struct {
	id, volume, zone, description, kms string
	started                            time.Time
	size                               int32
	encrypted                          bool
	shares                             shares
}

func (p *snapshot) state(now time.Time) types.SnapshotState {
	if now.Sub(p.started) < snapshotTakes {
		return types.SnapshotStatePending
	}
	return types.SnapshotStateCompleted
}

// progress is how far the copy is, as the API words it.
func (p *snapshot) progress(now time.Time) string {
	return strconv.Itoa(int(min(100, max(0, now.Sub(p.started)*100/snapshotTakes)))) + "%"
}

func (s *ec2State) addSnapshot(r *request, v *volume, description string, tags map[string]string) *snapshot {
	p := &snapshot{id: r.org.id("snap"), volume: v.id, zone: v.zone, description: description, kms: v.kms, started: r.now, size: v.size, encrypted: v.encrypted}
	s.snapshots.put(p.id, p)
	s.tagAll(p.id, tags)
	return p
}

func (s *ec2State) snapshotView(r *request, p *snapshot) types.Snapshot {
	out := types.Snapshot{
		SnapshotId: aws.String(p.id), VolumeId: aws.String(p.volume), VolumeSize: aws.Int32(p.size), Description: aws.String(p.description),
		OwnerId: aws.String(r.acct.id), StartTime: aws.Time(p.started), State: p.state(r.now), Progress: aws.String(p.progress(r.now)),
		Encrypted: aws.Bool(p.encrypted), KmsKeyId: text(p.kms), StorageTier: types.StorageTierStandard, Tags: s.tagView(p.id),
	}
	if out.State == types.SnapshotStateCompleted {
		out.CompletionTime = aws.Time(p.started.Add(snapshotTakes))
	}
	return out
}

func createSnapshot(r *request, in *ec2.CreateSnapshotInput) (*ec2.CreateSnapshotOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeSnapshot)
	if err != nil {
		return nil, err
	}
	v, err := s.volume(aws.ToString(in.VolumeId))
	if err != nil {
		return nil, err
	}
	p := s.snapshotView(r, s.addSnapshot(r, v, aws.ToString(in.Description), tags[types.ResourceTypeSnapshot]))
	return &ec2.CreateSnapshotOutput{
		SnapshotId: p.SnapshotId, VolumeId: p.VolumeId, VolumeSize: p.VolumeSize, Description: p.Description, OwnerId: p.OwnerId,
		StartTime: p.StartTime, State: p.State, Progress: p.Progress, Encrypted: p.Encrypted, KmsKeyId: p.KmsKeyId, Tags: p.Tags,
	}, nil
}

func createSnapshots(r *request, in *ec2.CreateSnapshotsInput) (*ec2.CreateSnapshotsOutput, error) {
	s := &r.reg.ec2
	tags, err := specTags(in.TagSpecifications, types.ResourceTypeSnapshot)
	if err != nil {
		return nil, err
	}
	i, err := s.instance(aws.ToString(in.InstanceSpecification.InstanceId))
	if err != nil {
		return nil, err
	}
	volumes, err := s.toSnapshot(i, in.InstanceSpecification)
	if err != nil {
		return nil, err
	}
	out := &ec2.CreateSnapshotsOutput{}
	for _, v := range volumes {
		p := s.addSnapshot(r, v, aws.ToString(in.Description), nil)
		if in.CopyTagsFromSource == types.CopyTagsFromSourceVolume {
			s.tagAll(p.id, s.tags[v.id])
		}
		s.tagAll(p.id, tags[types.ResourceTypeSnapshot])
		out.Snapshots = append(out.Snapshots, s.snapshotInfo(r, p))
	}
	return out, nil
}

// toSnapshot picks an instance's volumes as the specification says.
func (s *ec2State) toSnapshot(i *instance, spec *types.InstanceSpecification) ([]*volume, error) {
	if i.state != running && i.state != stopped {
		return nil, reject("IncorrectInstanceState", "The instance '%s' is not in the 'running' or 'stopped' states.", i.id)
	}
	var out []*volume
	for _, d := range i.devices {
		skip := d.name == rootDevice && aws.ToBool(spec.ExcludeBootVolume) || d.name != rootDevice && slices.Contains(spec.ExcludeDataVolumeIds, d.volume)
		if !skip {
			out = append(out, s.volumes.byID[d.volume])
		}
	}
	if len(out) == 0 {
		return nil, reject("InvalidParameterCombination", "All volumes of the instance '%s' are excluded.", i.id)
	}
	return out, nil
}

func (s *ec2State) snapshotInfo(r *request, p *snapshot) types.SnapshotInfo {
	v := s.snapshotView(r, p)
	return types.SnapshotInfo{
		SnapshotId: v.SnapshotId, VolumeId: v.VolumeId, VolumeSize: v.VolumeSize, Description: v.Description, OwnerId: v.OwnerId,
		StartTime: v.StartTime, State: v.State, Progress: v.Progress, Encrypted: v.Encrypted, Tags: v.Tags,
	}
}

func describeSnapshots(r *request, in *ec2.DescribeSnapshotsInput) (*ec2.DescribeSnapshotsOutput, error) {
	s := &r.reg.ec2
	for _, id := range in.SnapshotIds {
		if !wellFormed("snap-", id) {
			return nil, reject("InvalidParameterValue", "Value (%s) for parameter snapshotId is invalid. Expected: 'snap-...'.", id)
		}
	}
	if foreign(in.OwnerIds, r.acct.id) || foreign(in.RestorableByUserIds, r.acct.id) {
		return &ec2.DescribeSnapshotsOutput{Snapshots: []types.Snapshot{}}, nil
	}
	found, next, err := list(&s.snapshots, s.snapshot, snapshotFields(r), func(p *snapshot) map[string]string { return s.tags[p.id] },
		query{in.SnapshotIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSnapshotsOutput{NextToken: next}
	for _, p := range found {
		out.Snapshots = append(out.Snapshots, s.snapshotView(r, p))
	}
	return out, nil
}

// foreign says whether owners are asked for, and none of them is the caller: snapshots are not shared here.
func foreign(owners []string, self string) bool {
	return len(owners) > 0 && !slices.Contains(owners, "self") && !slices.Contains(owners, self)
}

func snapshotFields(r *request) fields[snapshot] {
	return fields[snapshot]{
		"snapshot-id":  func(p *snapshot) []string { return []string{p.id} },
		"volume-id":    func(p *snapshot) []string { return []string{p.volume} },
		"volume-size":  func(p *snapshot) []string { return one(strconv.Itoa(int(p.size))) },
		"description":  func(p *snapshot) []string { return one(p.description) },
		"encrypted":    func(p *snapshot) []string { return yesNo(p.encrypted) },
		"owner-id":     func(*snapshot) []string { return []string{r.acct.id} },
		"owner-alias":  func(*snapshot) []string { return nil },
		"progress":     func(p *snapshot) []string { return one(p.progress(r.now)) },
		"start-time":   func(p *snapshot) []string { return one(p.started.UTC().Format("2006-01-02T15:04:05.000Z")) },
		"status":       func(p *snapshot) []string { return one(string(p.state(r.now))) },
		"storage-tier": func(*snapshot) []string { return one("standard") },
	}
}

func deleteSnapshot(r *request, in *ec2.DeleteSnapshotInput) (*ec2.DeleteSnapshotOutput, error) {
	s := &r.reg.ec2
	p, err := s.snapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	s.snapshots.drop(p.id)
	delete(s.tags, p.id)
	return &ec2.DeleteSnapshotOutput{}, nil
}
