# Audience::Oracle::Checks: what must be so of each call of Audience::Oracle, as
# its opening comment has it; methods of it.  Each asks through HTTP and notes what
# is wrong with $o->problem.
#
#   $o->is_there($call)     at once: what was acknowledged is known
#   $o->check($call)        when all jobs have ended: it has its effect, once
#   $o->count_all           the number of all people is that of all calls together
#   $o->check_lists         each person asked for one import

package Audience::Oracle::Checks;

use strict;
use warnings;

use Audience::Load;

my %makes_people = map { $_ => 1 } qw(import extras event conversation
    extras_file event_file conversation_file);


# Whether calls of that kind bring people.
sub makes_people { $makes_people{ $_[1] } }


sub ask
{
    my ($o, $call, $path) = @_;
    return $o->{t}->get($path, tenant => $call->{tenant});
}


# As soon as the worker answers: what was acknowledged is known.
sub is_there
{
    my ($o, $call) = @_;
    return unless $call->{acked};

    my $path = $makes_people{ $call->{kind} } || $call->{kind} eq 'correction'
               ? "/v1/imports/$call->{id}"
             : $call->{kind} eq 'segmentation' ? "/v1/segmentations/$call->{id}"
             : $call->{kind} eq 'export' ? "/v1/exports/$call->{id}"
             : $call->{kind} eq 'erase' ? "/v1/audit/$call->{id}"
             : $call->{job} ? "/v1/jobs/$call->{job}" : return;
    my $r = $o->ask($call, $path);

    $o->problem("$call->{kind} $call->{op} was acknowledged, and $path is"
                . " $r->{status}") if $r->{status} != 200;
}


sub check
{
    my ($o, $call) = @_;

    my $what = "$call->{kind} $call->{op}"
               . ($call->{acked} ? '' : ', which was not acknowledged,');
    my $check = "check_$call->{kind}";

    $o->check_people($call, $what) if $makes_people{ $call->{kind} };
    $o->$check($call, $what) if $o->can($check);
    $o->check_job($call, $what) if $call->{job};
}


sub check_people
{
    my ($o, $call, $what) = @_;

    my ($kind, $op) = @$call{qw(kind op)};
    my ($field, $value) = $kind eq 'import' ? ('lote', "$op")
                        : $kind =~ /^extras/ ? ('extra.lote', "$op")
                        : ('phoneNumber', Audience::Load::phone($op, 1));
    my $n = $o->{t}->count({ field => $field, op => 'equals',
                             value => $value }, tenant => $call->{tenant});

    $o->problem("$what has $n people, not " . join(' or ', @{ $call->{people} }))
        unless grep { $_ == $n } @{ $call->{people} };
    $call->{people} = [$n];
}


sub check_job
{
    my ($o, $call, $what) = @_;

    my $state = $o->ask($call, "/v1/jobs/$call->{job}")->{json}{state} // 'lost';

    $o->problem("the job of $what is $state") unless $state eq 'done'
        || ($call->{cancelled} || $call->{kind} eq 'cancel')
           && $state eq 'cancelled';
}


sub check_import
{
    my ($o, $call, $what) = @_;
    my $mails = $o->{mails}{ $call->{op} } // 0;

    $o->problem("$what led to $mails e-mails")
        if $mails > 1 || !$call->{cancelled}
           && $mails != ($call->{people}[0] || $call->{changed} ? 1 : 0);

    return unless $call->{id} && !$call->{cancelled};

    my $import = $o->ask($call, "/v1/imports/$call->{id}")->{json};

    $o->problem("$what is $import->{state}, with $import->{rows}{imported} rows")
        unless $import->{state} =~ /^(succeeded|undone)$/;
}


sub check_extras_file { shift->check_import(@_) }


sub check_event_file
{
    my ($o, @call) = @_;

    $o->check_import(@call);
    $o->check_event(@call);
}


sub check_conversation_file
{
    my ($o, @call) = @_;

    $o->check_import(@call);
    $o->check_conversation(@call);
}


sub check_event
{
    my ($o, $call, $what) = @_;
    my $found = $o->{t}->query({ field => 'phoneNumber', op => 'equals',
        value => Audience::Load::phone($call->{op}, 1) },
        tenant => $call->{tenant});

    for my $person (@{ $found->{profiles} }) {
        my $sent = $person->{fields}{'campaign.Natal.sent'} // 0;
        $o->problem("of 3 events of $what $sent count") if $sent != 3;
    }
}


sub check_conversation
{
    my ($o, $call, $what) = @_;

    my $r = $o->ask($call, "/v1/conversations/c$call->{op}");
    my $n = $r->{status} == 200 ? $r->{json}{message_count} : 0;

    $o->problem("of 3 messages of $what there are $n")
        if $n != 3 * $call->{people}[0];
    $o->check_label($call, $what, $r->{json}{labels}{sentiment}) if $n;
}


# As a person said last, of the conversation and of whom it was with; until then as
# it was classified.
sub check_label
{
    my ($o, $call, $what, $label) = @_;

    my $value = $label->{value} // 'nothing';
    my $may = $call->{labels} or return;

    $o->problem("the sentiment of $what is $value by $label->{by}, not "
                . join(' or ', map { $_ // 'as classified' } @$may))
        unless grep { !defined $_ || $_ eq $value } @$may;
    $call->{labels} = [ ($label->{by} // '') eq 'person' ? $value : undef ];

    my $n = $o->{t}->count({ all => [
        { field => 'phoneNumber', op => 'equals',
          value => Audience::Load::phone($call->{op}, 1) },
        { field => 'sentiment', op => 'equals', value => $value } ] },
        tenant => $call->{tenant});
    $o->problem("$what says $value, and its contact does not") if $n != 1;
}


# Each group that it found is an automatic audience, and there is no other.
sub check_segmentation
{
    my ($o, $call, $what) = @_;
    my $mine = grep { $_->{created_by} eq Audience::Load::user($call->{op}) }
               $o->whole_list('/v1/segmentations', $call->{tenant});
    my $run = $call->{id} ? $o->ask($call, "/v1/segmentations/$call->{id}")->{json}
                          : undef;

    $o->problem("$what is there $mine times") if $mine > 1;
    $o->problem("$what is $run->{state}") if $run && $run->{state} ne 'done';
    $o->check_groups($call->{tenant});
}


# A group that an earlier run had found goes on as its audience.
sub check_groups
{
    my ($o, $tenant) = @_;

    my %found;
    my @runs = $o->whole_list('/v1/segmentations', $tenant);
    my @there = sort map { $_->{id} }
                $o->whole_list('/v1/audiences?type=automatic', $tenant);

    for my $run (map { $_->{id} } @runs) {      # what a run found stays
        $o->{groups}{$run} //= $o->{t}->get("/v1/segmentations/$run",
                                            tenant => $tenant)->{json}{audiences};
        $found{ $_->{id} } = 1 for @{ $o->{groups}{$run} || [] };
    }

    $o->problem(@runs . " segmentations of $tenant found " . keys(%found)
                . ' groups, and there are ' . @there . ' automatic audiences')
        if join(' ', sort keys %found) ne "@there";
}


sub check_correction
{
    my ($o, $call, $what) = @_;
    my $import = $call->{id} ? $o->ask($call, "/v1/imports/$call->{id}")->{json}
                             : return;

    $o->problem("$what is $import->{state}") if $import->{state} ne 'succeeded';
}


sub check_audience
{
    my ($o, $call, $what) = @_;

    if (!$call->{id}) {
        my @found = grep { $_->{created_by} eq Audience::Load::user($call->{op}) }
            @{ $o->ask($call, "/v1/audiences?limit=1000&q=a$call->{op}")
                 ->{json}{items} };

        $o->problem("$what is there " . @found . ' times') if @found > 1;
        $call->{id} = $found[0]{id} if @found;
    }

    my $r = $call->{id} ? $o->ask($call, "/v1/audiences/$call->{id}") : undef;
    my $name = $r && $r->{status} == 200 ? $r->{json}{name} : undef;

    $o->problem("$what is called " . ($name // 'nothing'))
        unless grep { ($_ // '') eq ($name // '') } @{ $call->{names} };
    $call->{names} = [$name];

    return unless defined $name;

    my $n = $o->{t}->count({ audience => $call->{id} },
                           tenant => $call->{tenant});
    $o->problem("$what has $n members, not $call->{members}")
        if $n != $call->{members};
}


sub check_export
{
    my ($o, $call, $what) = @_;

    my @found = grep { $_->{created_by} eq Audience::Load::user($call->{op}) }
        @{ ($o->ask($call, "/v1/audiences/$call->{audience}/exports?limit=1000")
              ->{json} || {})->{items} || [] };
    my $mails = $o->{mails}{ $call->{op} } // 0;

    $call->{id} //= $found[0]{id} if @found;
    $o->problem("$what is there " . @found . ' times') if @found > 1;
    $o->problem("$what led to $mails e-mails")
        if $mails != ($call->{id} ? 1 : 0);

    my $export = $call->{id} ? $o->ask($call, "/v1/exports/$call->{id}")->{json}
                             : return;

    my $state = $export->{state};

    # Deleting its audience revokes it, and so does an erasure that was killed:
    # nobody knows then whose values to look for in it.
    return if $state eq 'revoked' && (!defined $o->target($call)->{names}[0]
        || ($o->{erased}{ $call->{tenant} } // -1) >= $call->{turn});
    return $o->problem("$what is $state") if $state ne 'done';

    my $file = $o->{t}->get($export->{url});
    my $lines = $file->{text} =~ tr/\n//;

    $o->problem("the file of $what has $lines lines for $call->{members} people")
        unless $file->{status} == 200 && $lines == 1 + $call->{members};
}


sub check_erase
{
    my ($o, $call, $what) = @_;

    my $r = $o->ask($call, "/v1/profiles/$call->{person}");
    my $file = $o->target($call);
    my $gone = $file->{people}[0] == $file->{k} - 1;

    $o->problem("$what: the person is " . ($gone ? 'still there' : 'gone'))
        if $r->{status} != ($gone ? 404 : 200);
}


sub check_together
{
    my ($o, $call, $what) = @_;

    my $file = $o->target($call);
    my $r = $call->{id} ? $o->ask($call, "/v1/resolution/rules/$call->{id}")
                        : return;

    $o->problem("$what: the rule is $r->{status}, and its file has "
                . "$file->{people}[0] people")
        if $r->{status} != ($file->{people}[0] == $file->{k} - 1 ? 200 : 404);
}


# Whatever came twice, in whatever way, would show here.
sub count_all
{
    my ($o) = @_;
    my %people = map { $_ => 1 } @{ $o->{tenants} };

    for my $call (grep { $_->{people} } values %{ $o->{made} }) {
        $people{ $call->{tenant} } += $call->{people}[0];
    }

    for my $tenant (@{ $o->{tenants} }) {
        my $n = $o->{t}->count({ all => [] }, tenant => $tenant);
        $o->problem("$tenant has $n people, not $people{$tenant}")
            if $n != $people{$tenant};
    }
}


# Imports by who asked for them: each person asked for one.
sub check_lists
{
    my ($o) = @_;

    for my $tenant (@{ $o->{tenants} }) {
        my %n;

        $n{ $_->{created_by} }++ for $o->whole_list('/v1/imports', $tenant);

        for my $call (grep { $_->{tenant} eq $tenant
                             && ($_->{people} || $_->{kind} eq 'correction') }
                      values %{ $o->{made} }) {
            my $n = $n{ Audience::Load::user($call->{op}) } // 0;
            my $there = $call->{acked} || $call->{people} && $call->{people}[0];

            $o->problem("$call->{kind} $call->{op} is there $n times")
                if $n > 1 || $there && $n != 1;
        }
    }
}


# The items of all pages.
sub whole_list
{
    my ($o, $path, $tenant) = @_;
    my ($r, @items);

    $path .= $path =~ /\?/ ? '&limit=1000' : '?limit=1000';

    for (my $more = ''; defined $more; $more = $r->{json}{next}) {
        $r = $o->{t}->get($path . ($more ? "&cursor=$more" : ''),
                          tenant => $tenant);
        push @items, @{ $r->{json}{items} };
    }
    return @items;
}

1;
