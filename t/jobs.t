# Jobs: their states, their events, what a person may do with them, whose turn
# it is; and what the worker says of itself.

use lib 't/lib';
use Audience::Frames;
use Audience::Test;
use IO::Select;

my $t = Audience::Test->start(worker => {
    'worker.job_threads' => 1, 'worker.job_max_attempts' => 2,
});

# A mail server that is not there.
my %no_mail = ('mail.smtp_host' => '127.0.0.1', 'mail.smtp_tls' => 'none',
               'mail.smtp_port' => $t->free_port);


sub contacts
{
    my ($first, $n) = @_;

    return "phoneNumber,name\n" . join '', map {
        sprintf "+55119%08d,Name %d\n", $_, $_ } $first .. $first + $n - 1;
}


sub jobs
{
    my ($args, %who) = @_;
    return @{ $t->get("/v1/jobs?limit=1000$args", %who)->{json}{items} };
}


# The events of a stream: a list of { id, event, data }, and the HTTP status.
sub events
{
    my ($id, %headers) = @_;
    return events_of(watch($id, %headers), '');
}


sub watch
{
    my ($id, %headers) = @_;

    my $socket = $t->connect;

    $headers{'X-Tenant'} ||= 'demo';
    print {$socket} "GET /v1/jobs/$id/events HTTP/1.1\r\nHost: localhost\r\n"
        . "X-User: demo\@example.com\r\nConnection: close\r\n"
        . join('', map { "$_: $headers{$_}\r\n" } keys %headers) . "\r\n";
    return $socket;
}


# Reads on until that stands in the stream; gives all of it.
sub read_until
{
    my ($socket, $pattern, $text) = @_;

    my $select = IO::Select->new($socket);

    until ($text =~ $pattern) {
        $select->can_read($t->seconds(120))
            && sysread $socket, $text, 65536, length $text
            or die "the stream has no $pattern\n";
    }
    return $text;
}


sub events_of
{
    my ($socket, $text) = @_;

    my $r = Audience::Client::read_answer($socket, $t->seconds(120), $text);
    my @events;

    for my $block (split /\n\n/, $r->{text}) {
        my %event = map { /^(\w+): (.*)/ } grep { !/^:/ } split /\n/, $block;

        next unless $event{event};
        $event{data} = JSON::PP->new->utf8->decode($event{data});
        push @events, \%event;
    }
    return ($r, @events);
}


subtest 'a job is shown' => sub {
    my $import = $t->import_file('one.csv', contacts(1, 10));
    my $job = $t->get("/v1/jobs/$import->{job}")->{json};

    is($job->{id}, $import->{job}, 'id');
    is($job->{type}, 'import', 'type');
    is($job->{state}, 'done', 'state');
    is($job->{progress}, 1, 'progress');
    is($job->{attempts}, 1, 'attempts');
    is($job->{error}, undef, 'no error');
    like($job->{$_}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, $_)
        for qw(created_at started_at finished_at);
    ok(!exists $job->{args}, 'nothing of its inside');

    is($t->get("/v1/jobs/$job->{id}", tenant => 'other')->{status}, 404,
       'not to another tenant');
    is($t->get('/v1/jobs/job_01hf0000000000000000000000')->{status}, 404,
       'an unknown id');
    is($t->get('/v1/jobs/nonsense')->{status}, 404, 'no id');
};

subtest 'jobs are listed' => sub {
    $t->import_file("list$_.csv", contacts(100 * $_, 3)) for 1 .. 3;
    $t->wait_for('e-mails and a merge', sub { jobs('&state=done') == 9 });

    my @all = jobs('');
    is(scalar @all, 9, 'all of them: imports, e-mails, a merge');
    is_deeply([ map { $_->{id} } @all ],
              [ sort { $b cmp $a } map { $_->{id} } @all ], 'newest first');
    is(scalar jobs('&type=import'), 4, 'by type');
    is(scalar jobs('&state=dead'), 0, 'by state');

    my ($import) = jobs('&type=import&q=LIST2');
    is($import->{name}, 'list2.csv', 'by the name of what each is about');
    is($t->get("/v1/imports/$import->{about}")->{json}{job}, $import->{id},
       '… which can be asked for');
    my ($mail) = jobs('&type=mail&q=LIST2');
    is($mail->{about}, $import->{about}, 'an e-mail is about what it tells of');
    is($mail->{name}, 'list2.csv', '… and called like it');
    is(scalar jobs('', tenant => 'other'), 0, 'none to another tenant');

    my ($path, @pages) = ('/v1/jobs?type=import&limit=3');
    my $page = $t->get($path)->{json};

    is(scalar @{ $page->{items} }, 3, 'a page');
    push @pages, @{ $page->{items} };
    $page = $t->get("$path&cursor=$page->{next}")->{json};
    is(scalar @{ $page->{items} }, 1, 'the next');
    is($page->{next}, undef, 'is the last');
    is_deeply([ map { $_->{id} } @pages, @{ $page->{items} } ],
              [ map { $_->{id} } grep { $_->{type} eq 'import' } @all ],
              'together they are all');

    for my $bad (qw(state=lost limit=0 limit=1001 limit=x limit= cursor=x
                    from=yesterday to=2026-13-01))
    {
        my $r = $t->get("/v1/jobs?$bad");
        is($r->{status}, 400, "$bad is refused");
        is($r->{json}{type}, '/problems/invalid-argument', 'with a problem');
    }

    is(scalar jobs('&to=2020-01-01'), 0, 'until a day');
    is(scalar jobs('&from=2020-01-01'), 9, 'from a day on');
};

subtest 'events tell each change' => sub {
    $t->hold_jobs('import:started');

    my @uploads = map { $t->upload("e$_.csv", contacts(1000 * $_, 10)) } 1 .. 3;
    my $socket = watch($uploads[2]{json}{job});
    my $begun = read_until($socket, qr/^event: progress\n.*\n\n/m, '');

    $t->release_jobs;
    my ($r, @events) = events_of($socket, $begun);

    is($r->{status}, 200, 'a stream');
    like($r->{type}, qr{^text/event-stream}, 'of events');
    cmp_ok(scalar @events, '>=', 2, 'more than one');
    is($events[0]{event}, 'progress', 'first progress');
    isnt($events[0]{data}{state}, 'done', 'of a job that has not ended');
    is($events[-1]{event}, 'end', 'at last the end');
    is($events[-1]{data}{state}, 'done', 'done');
    is_deeply($events[-1]{data}, $t->get("/v1/jobs/$events[-1]{data}{id}")
                                   ->{json}, 'the job as it is shown');

    my %seen;
    is_deeply([ grep { $seen{$_->{id}}++ } @events ], [], 'no event twice');

    is($t->wait_import($uploads[2]{json}{id})->{state}, 'succeeded',
       'the end comes when the import is there');
    is($t->get("/v1/jobs/$events[0]{data}{id}/events", tenant => 'other')
         ->{status}, 404, 'not to another tenant');

    ($r, my @again) = events($uploads[2]{json}{job});
    is_deeply([ map { $_->{event} } @again ], ['end'],
              'of a job that has ended: the end');
    is($again[0]{id}, $events[-1]{id}, 'with the same id');

    ($r) = events($uploads[2]{json}{job}, 'Last-Event-ID' => $again[0]{id});
    is($r->{status}, 204, 'who knows the end is told to stop asking');

    ($r, @again) = events($uploads[2]{json}{job},
                          'Last-Event-ID' => $events[0]{id});
    is_deeply([ map { $_->{event} } @again ], ['end'],
              'who knows an older event is told the end');
};

subtest 'a stream with nothing to tell says that it is there' => sub {
    $t->write_worker_conf('worker.heartbeat_seconds' => 1);
    $t->hold_jobs('import:started');

    my $upload = $t->upload('h.csv', contacts(1, 10));
    $t->wait_for('it to run', sub {
        $t->get("/v1/jobs/$upload->{json}{job}")->{json}{state} eq 'running' });
    my $socket = watch($upload->{json}{job});
    my $text = read_until($socket, qr/(?:^: still here\n\n.*){2}/ms, '');

    like($text, qr/^event: progress\n[^\n]*\n\n.*^: still here\n\n/ms,
         'again and again');
    $t->release_jobs;
    my ($r, @events) = events_of($socket, $text);
    is($events[-1]{event}, 'end', 'until there is something to tell');
    $t->write_worker_conf('worker.heartbeat_seconds' => undef);
    $t->wait_import($upload->{json}{id});
};

subtest 'who goes away harms nobody' => sub {
    $t->hold_jobs('import:started');

    my @uploads = map { $t->upload("g$_.csv", contacts(1000 * $_, 10)) } 1 .. 2;

    for (1 .. 20) {
        my $socket = $t->connect;
        print {$socket} "GET /v1/jobs/$uploads[1]{json}{job}/events HTTP/1.1\r\n"
            . "Host: localhost\r\nX-Tenant: demo\r\nX-User: a\r\n\r\n";
        close $socket;
    }
    is($t->get('/healthz')->{status}, 200, 'others are served');
    $t->release_jobs;
    is($t->wait_import($_->{json}{id})->{state}, 'succeeded', 'an import')
        for @uploads;
};

subtest 'a job that has ended is left as it is' => sub {
    my ($done) = jobs('&state=done');
    my $r = $t->post("/v1/jobs/$done->{id}/cancel", {});

    is($r->{status}, 409, 'no cancelling');
    is($r->{json}{type}, '/problems/job-not-cancellable', 'a problem');

    $r = $t->post("/v1/jobs/$done->{id}/retry", {});
    is($r->{status}, 409, 'no retrying');
    is($r->{json}{type}, '/problems/job-not-dead', 'a problem');

    is($t->post("/v1/jobs/$done->{id}/$_", {}, tenant => 'other')->{status},
       404, "no $_ for another tenant") for qw(cancel retry);
};

subtest 'a job that waits is cancelled' => sub {
    $t->hold_jobs('import:started');

    my @uploads = map { $t->upload("c$_.csv", contacts(1000 * $_, 20),
                                   tenant => 'cancels') } 1 .. 4;
    my $last = $uploads[3]{json};
    my $r = $t->post("/v1/jobs/$last->{job}/cancel", {}, tenant => 'cancels');

    is($r->{status}, 202, 'is accepted');
    is($t->wait_job($last->{job}, tenant => 'cancels')->{state}, 'cancelled',
       'its state');
    is($t->wait_import($last->{id}, tenant => 'cancels')->{state}, 'failed',
       'its import has failed');
    $t->release_jobs;
    is($t->wait_import($uploads[2]{json}{id}, tenant => 'cancels')->{state},
       'succeeded', 'the others go on');
    $t->wait_for('an e-mail about each', sub {
        jobs('&type=mail&state=done', tenant => 'cancels') == 4 });
    $t->wait_visible(tenant => 'cancels');
    is($t->count({ all => [] }, tenant => 'cancels'), 60,
       'nothing of it is there');
};

subtest 'a dead job is retried by a person' => sub {
    $t->restart_worker(%no_mail);
    $t->import_file('dead.csv', contacts(1, 1), tenant => 'dead');

    my $mail = $t->wait_for('an e-mail', sub {
        (jobs('&type=mail', tenant => 'dead'))[0] });
    my $job = $t->wait_job($mail->{id}, tenant => 'dead');

    is($job->{state}, 'dead', 'its attempts are spent');
    is($job->{attempts}, 2, 'two of them');
    ok($job->{error}, "and it says why: $job->{error}");

    $t->restart_worker('mail.smtp_host' => '');
    is($t->get("/v1/jobs/$job->{id}", tenant => 'dead')->{json}{state}, 'dead',
       'still after a restart');

    my $r = $t->post("/v1/jobs/$job->{id}/retry", {}, tenant => 'dead');
    is($r->{status}, 202, 'is retried');
    is($r->{json}{id}, $job->{id}, 'the same job');

    $job = $t->wait_job($job->{id}, tenant => 'dead');
    is($job->{state}, 'done', 'and done');
    is($job->{error}, undef, 'without an error');
};

subtest 'a job that waits for its next attempt' => sub {
    $t->restart_worker(%no_mail, 'worker.retry_base_ms' => 60000);
    $t->import_file('wait.csv', contacts(1, 1), tenant => 'waits');

    my $mail = $t->wait_for('a scheduled e-mail', sub {
        (jobs('&type=mail&state=scheduled', tenant => 'waits'))[0] });

    like($mail->{run_at}, qr/^20/, 'says when');
    is($mail->{attempts}, 1, 'after one attempt');

    my @watching = map { dial($t) } 1 .. 384;
    my $late = dial($t);
    my $watch = request('GET', "/v1/jobs/$mail->{id}/events",
                        tenant => 'waits');

    for my $socket (@watching) {
        print {$socket} $watch;
        take($t, $socket, 1);
    }
    print {$late} $watch;
    is(answer($t, $late)->[0], 503, 'only so many may watch it');
    is($t->get('/healthz')->{status}, 200, 'others are served');
    print {$late} request('HEAD', "/v1/jobs/$mail->{id}/events",
                          tenant => 'waits');
    is(answer($t, $late)->[0], 200, 'HEAD does not watch');

    close pop @watching;
    $t->wait_for('a place', sub {
        my $socket = dial($t);

        print {$socket} $watch;
        return unpack('x5 n', take($t, $socket, 7)) == 200;
    });

    is($t->post("/v1/jobs/$mail->{id}/cancel", {}, tenant => 'waits')
         ->{status}, 202, 'is cancelled');
    is($t->wait_job($mail->{id}, tenant => 'waits')->{state}, 'cancelled',
       'its state');
    is($t->post("/v1/jobs/$mail->{id}/retry", {}, tenant => 'waits')->{status},
       409, 'a cancelled one is not retried');
    $t->restart_worker('mail.smtp_host' => '', 'worker.retry_base_ms' => 50);
};

subtest 'tenants take turns' => sub {
    $t->hold_jobs('import:started');

    my @busy = map { $t->upload("b$_.csv", contacts(1000 * $_, 10),
                                tenant => 'busy') } 1 .. 6;
    my $quick = $t->upload('q.csv', contacts(1, 5), tenant => 'quick');

    $t->wait_for('the job of another tenant to run', sub {
        jobs('&state=running', tenant => 'quick') });
    is(scalar jobs('&state=running', tenant => 'busy'), 1,
       'while one job of a tenant with many runs');
    is(scalar jobs('&state=ready', tenant => 'busy'), 5, 'and the others wait');
    $t->release_jobs;

    is($t->wait_job($quick->{json}{job}, tenant => 'quick')->{state}, 'done',
       'it is done');
    $t->wait_import($_->{json}{id}, tenant => 'busy') for @busy;

    my @jobs = sort { $a->{id} cmp $b->{id} }
               jobs('&type=import', tenant => 'busy');
    my @overlap = grep { $jobs[$_]{started_at} lt $jobs[$_ - 1]{finished_at} }
                  1 .. $#jobs;
    is_deeply(\@overlap, [], 'imports of one tenant run one by one, in order');
};

subtest 'SIGTERM lets what runs end, and keeps what waits' => sub {
    $t->hold_jobs('import:prepared');

    my @uploads = map { $t->upload("s$_.csv", contacts(1000 * $_, 10),
                                   tenant => 'stops') } 1 .. 3;

    $t->wait_for('an import to run', sub {
        $t->get("/v1/jobs/$uploads[0]{json}{job}", tenant => 'stops')
          ->{json}{state} eq 'running' });

    my $stops = () = $t->worker_log =~ /"stopping"/g;
    kill 'TERM', $t->pid('worker');
    $t->wait_for('the worker to stop', sub {
        $stops < (() = $t->worker_log =~ /"stopping"/g) });
    $t->release_jobs;
    is($t->reap('worker', 120), 0, 'the worker ends well');
    $t->start_worker;
    is($t->wait_import($_->{json}{id}, tenant => 'stops')->{state},
       'succeeded', 'an import') for @uploads;

    my @attempts = map { $t->get("/v1/jobs/$_->{json}{job}",
                                 tenant => 'stops')->{json}{attempts} }
                   @uploads;
    is_deeply(\@attempts, [1, 1, 1], 'none was cut off');
};

subtest 'health, readiness, metrics' => sub {
    is($t->get('/healthz')->{json}{status}, 'ok', 'alive');
    is($t->get('/readyz')->{json}{status}, 'ready', 'ready');

    $t->import_file('metrics.csv', contacts(1, 7), tenant => 'metrics');

    my $r = $t->get('/metrics');
    is($r->{status}, 200, 'metrics');
    like($r->{type}, qr{^text/plain; version=0\.0\.4}, 'in their format');

    my (%type, %sample, @bad);

    for my $line (split /\n/, $r->{text}) {
        if ($line =~ /^# HELP (\w+) \S.*/) {
            push @bad, "$line: again" if exists $type{$1};
            $type{$1} = '';

        } elsif ($line =~ /^# TYPE (\w+) (counter|gauge|histogram)$/) {
            push @bad, "$line: no HELP, or again" if ($type{$1} // 'x') ne '';
            $type{$1} = $2;

        } elsif ($line =~ /^(\w+)(\{\w+="[^"\\\n]*"(?:,\w+="[^"\\\n]*")*\})? ([0-9.e+-]+)$/) {
            my ($name, $labels, $value) = ($1, $2 // '', $3);
            my $family = $name =~ s/_(bucket|sum|count)$//r;

            $family = $name unless ($type{$family} // '') eq 'histogram';
            push @bad, "$line: no TYPE" unless $type{$family};
            push @bad, "$line: again" if exists $sample{"$name$labels"};
            push @bad, "$line: a counter not named _total"
                if $type{$family} eq 'counter' && $name !~ /_total$/;
            $sample{"$name$labels"} = $value;

        } else {
            push @bad, "$line: malformed";
        }
    }

    is_deeply(\@bad, [], 'each line is well formed');
    is($sample{'audience_profiles{tenant="metrics"}'}, 7, 'profiles');
    cmp_ok($sample{'audience_jobs_ended_total{type="import",state="done"}'},
           '>=', 1, 'jobs of this process');
    cmp_ok($sample{'audience_store_bytes'}, '>', 1000, 'bytes');
    cmp_ok($sample{'audience_requests_total{method="GET",'
                   . 'route="/v1/imports/{id}",status="200"}'}, '>', 0,
           'calls');

    my $line;                       # it is written behind the answer
    $t->wait_for('its log line', sub {
        ($line) = $t->worker_log =~ /^(.*"route": "\/metrics".*)\n/m });
    my $call = JSON::PP->new->decode($line);
    is($call->{status}, 200, 'a call is a line of the log');
    like($call->{request_id}, qr/^[0-9a-f]{32}$/, 'with its request id');
};

$t->finish;
