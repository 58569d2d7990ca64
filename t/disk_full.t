# A full disk: what cannot be kept is answered 507, nothing that was accepted is
# lost, queries go on, and all is well again when there is space, without a
# restart.
#
# The data folder is a small tmpfs in a mount namespace of this test's own, which
# the kernel removes with its last process; root is not needed for that.

use lib 't/lib';

# Once more as root of a namespace, to mount; there once more as who we were.
BEGIN {
    my $stage = $ENV{AUDIENCE_STAGE}++ || 0;

    if ($stage == 0) {
        chomp($ENV{AUDIENCE_ROOT} = qx{mktemp -d -t aud-full-XXXXXX});
        @ENV{qw(AUDIENCE_UID AUDIENCE_GID)} = ($> + 0, $) + 0);

        my @unshare = ('unshare', '--mount', $> ? '--map-root-user' : ());

        # Where / is no mount point, as in a chroot, its propagation cannot be
        # changed: then the mount may show outside, too.
        push @unshare, '--propagation', 'unchanged'
            if system("@unshare true 2>/dev/null") != 0;

        my $status = system(@unshare, $^X, $0);
        system "umount '$ENV{AUDIENCE_ROOT}' 2>/dev/null";
        rmdir $ENV{AUDIENCE_ROOT};
        exit($status ? 1 : 0);
    }

    if ($stage == 1) {
        system('mount', '-t', 'tmpfs', '-o', 'size=96m,mode=700', 'none',
               $ENV{AUDIENCE_ROOT}) == 0
            or die "a tmpfs is needed to test a full disk\n";
        exec('unshare', $ENV{AUDIENCE_UID}
             ? ("--map-user=$ENV{AUDIENCE_UID}",
                "--map-group=$ENV{AUDIENCE_GID}") : (), $^X, $0)
            or die "unshare: $!\n";
    }
}

use Audience::Groups;
use Audience::Test;

my $root = $ENV{AUDIENCE_ROOT};
my $t = Audience::Test->start(root => $root, worker => {
    'worker.job_max_attempts' => 100, 'worker.retry_base_ms' => 100,
});

$t->expect_worker(qr/space|full/i);


# Takes all space but so many KiB.
sub fill
{
    my ($leave) = @_;

    open my $file, '>', "$root/ballast" or die "ballast: $!";
    1 while syswrite($file, "\0" x 65536) == 65536;
    1 while (syswrite($file, "\0" x 4096) || 0) == 4096;
    truncate $file, (-s $file) - int 1024 * $leave or die "ballast: $!";
    close $file;
}


sub drain { unlink "$root/ballast" or die "ballast: $!" }


sub contacts
{
    my ($first, $n) = @_;

    return join '', "phoneNumber,name,note\n",
        map { sprintf "+55119%08d,Name %d,%s\n", $_, $_, $_ x 12 }
        $first .. $first + $n - 1;
}


sub is_full
{
    my ($r, $what) = @_;

    is($r->{status}, 507, "$what is answered 507");
    is($r->{type}, 'application/problem+json', 'with a problem');
    is($r->{json}{status}, 507, 'that says so');
}


my $first = $t->import_file('first.csv', contacts(1, 1000));
my (@kept, $refused, $waiting);

is($t->count, 1000, 'a thousand people before');

fill(0);

subtest 'an upload' => sub {
    is_full($t->upload('second.csv', contacts(2000, 20000)), 'an upload');
    is_deeply([ glob "$root/spool/demo/*" ], [], 'nothing of it is left');
};

subtest 'a change' => sub {
    for my $n (1 .. 2000) {
        my $r = $t->post('/v1/audiences', {
            name => "Audience $n", description => 'x' x 500,
            filter => { all => [] } });

        if ($r->{status} != 201) {
            is_full($r, 'a new audience');
            $refused = $n;
            last;
        }
        push @kept, $r->{json}{id};
    }
    ok($refused, scalar(@kept) . ' audiences fitted before');
};

subtest 'reading goes on' => sub {
    is($t->count, 1000, 'a query counts');
    is($t->get("/v1/imports/$first->{id}")->{status}, 200, 'an import is shown');
};

subtest 'a job waits for space' => sub {
    my $bytes = contacts(5000, 30000);

    drain();
    $t->wait_for('writes to be taken again', sub {
        my $r = $t->post('/v1/audiences', { name => 'Then',
                                            filter => { all => [] } });
        push @kept, $r->{json}{id} if $r->{status} == 201;
        return $r->{status} == 201;
    }, 60);

    # Room for the upload and what the store keeps free (2 MiB), none for what
    # becomes of it.
    fill(length($bytes) / 1024 + 2560);

    my $r = $t->upload('third.csv', $bytes);
    is($r->{status}, 202, 'an upload is taken');

    my $job = "/v1/jobs/$r->{json}{job}";
    $waiting = $r->{json}{id};

    $t->wait_for('a second attempt', sub { $t->get($job)->{json}{attempts} > 1 });
    drain();

    is($t->wait_import($waiting)->{state}, 'succeeded', 'then it is done');
    $t->wait_for('its rows', sub { $t->count == 31000 });
};

subtest 'a segmentation waits for space' => sub {
    my @who = (tenant => 'groups');

    $t->import_file('groups.csv', Audience::Groups->new->csv(fans => 2000,
                                                             buyers => 2000),
                    @who);
    $t->hold_jobs('segment:halfway');

    my $r = $t->post('/v1/segmentations', {}, @who);
    my $run = "/v1/segmentations/$r->{json}{id}";
    my $job = "/v1/jobs/$r->{json}{job}";

    is($r->{status}, 202, 'a segmentation is taken');
    $t->wait_for('groups to be found', sub {
        ($t->get($run, @who)->{json}{stage} // '') eq 'assigning' });
    fill(0);
    $t->release_jobs;
    $t->wait_for('an attempt that fails', sub {
        ($t->get($job, @who)->{json}{error} // '') =~ /disk is full/ });
    is_deeply($t->get('/v1/audiences', @who)->{json}{items}, [],
              'nothing has come of it');
    drain();

    is($t->wait_job($r->{json}{job}, @who)->{state}, 'done', 'then it is done');
    $t->wait_visible(@who);
    is($t->count({ audience => $_->{id} }, @who), $_->{size},
       'with whole audiences') for @{ $t->get($run, @who)->{json}{audiences} };
};

subtest 'conversations, extras and events wait for space' => sub {
    my @who = (tenant => 'talks');
    my $phone = sub { sprintf '+551198765%04d', $_[0] };
    my $post = sub {
        my ($path, $line) = @_;
        my $r = $t->post($path, join('', map { $line->($_) . "\n" } 1 .. 500),
                         type => 'application/x-ndjson', @who);
        is($r->{status}, 202, "$path: is taken");
        return $r->{json}{id};
    };

    $t->hold_jobs('import:started');
    my @batches = (
        $post->('/v1/conversations', sub { sprintf
            '{"id": "c-%d", "phone": "%s", "messages": [{"at": '
            . '"2026-11-01T12:00:00Z", "from": "customer", "text": '
            . '"%sQuero comprar!"}]}', $_[0], $phone->($_[0]), 'Oi. ' x 300 }),
        $post->('/v1/extras', sub { sprintf
            '{"phone": "%s", "extras": {"loja": "%s"}}', $phone->($_[0]),
            'y ' x 500 }),
        $post->('/v1/campaigns/events', sub { sprintf
            '{"id": "e-%d", "phone": "%s", "campaign": "Natal", "status": '
            . '"sent", "at": "2026-11-01T12:00:00Z"}', $_[0],
            $phone->($_[0]) }));

    fill(0);
    $t->release_jobs;
    my $job = $t->get("/v1/imports/$batches[0]", @who)->{json}{job};
    # Another attempt is counted on the disk, before it begins: there is no room.
    $t->wait_for('an attempt that fails', sub {
        ($t->get("/v1/jobs/$job", @who)->{json}{error} // '') =~ /disk is full/i });
    drain();

    is($t->wait_import($_, @who)->{state}, 'succeeded', 'then it is done')
        for @batches;
    $t->wait_visible(@who);

    for my $n (1, 500) {
        my $fields = $t->query({ field => 'phoneNumber', op => 'equals',
                                 value => $phone->($n) }, @who)
                       ->{profiles}[0]{fields};
        is_deeply([@$fields{qw(purchaseIntention campaign.Natal.sent)}],
                  ['intent', '1'], 'each label is there, each event counts once');
        ok($fields->{'extra.loja'}, '… and extras');
        is($t->get("/v1/conversations/c-$n", @who)->{json}{message_count}, 1,
           '… and the conversation');
    }
};

subtest 'an erasure waits for space' => sub {
    my ($person) = @{ $t->query({ field => 'name', op => 'equals',
                                  value => 'Name 20000' })->{profiles} };
    my ($r, $leave);

    # As little as the store takes: less than it costs to write anew what holds
    # the person.
    for ($leave = 1536; !$r || $r->{status} == 507; $leave += 1024) {
        fill($leave);
        $r = $t->delete("/v1/profiles/$person->{id}");
        drain() if $r->{status} == 507;
    }
    is($r->{status}, 202, 'an erasure is taken');

    my $job = "/v1/jobs/$r->{json}{job}";

    $t->wait_for('an attempt', sub {
        my $j = $t->get($job)->{json};
        $j->{attempts} > 1 || $j->{state} eq 'done'
            || ($j->{error} // '') =~ /disk is full/i;
    });
    drain();
    is($t->wait_job($r->{json}{job})->{state}, 'done', 'then it is done');
    $t->wait_for('queries without the person', sub { $t->count == 30999 });
    isnt(system('grep', '-rqaF', '20000' x 3, $root), 0, 'nothing is left');
};

subtest 'nothing accepted was lost' => sub {
    check_all();
    $t->restart_worker;
    check_all();
};


sub check_all
{
    my @missing = grep { $t->get("/v1/audiences/$_")->{status} != 200 } @kept;

    is_deeply(\@missing, [], 'every audience is there');
    is($t->get("/v1/imports/$_")->{json}{state}, 'succeeded', "import $_")
        for $first->{id}, $waiting;
    is($t->count, 30999, 'and everybody');
}

$t->finish;
