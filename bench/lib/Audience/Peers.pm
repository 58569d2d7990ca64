# Audience::Peers: DuckDB, PostgreSQL 15 and SQLite as the benchmarks run them.
# Each object ends its process when it goes.
#
#   my $duck = Audience::Peers::duckdb($file);     ask($sql) { seconds, rows }
#   my $pg = Audience::Peers::postgres($folder);   psql(@sql): seconds of each
#   Audience::Peers::sqlite($file, @sql)           seconds of each
#
#   @COLUMNS     names of the contacts' columns in SQL, in the file's order
#   read_csv(@files)          DuckDB's expression that reads files typed
#   sql_table($duck, @files)  makes DuckDB's table `contacts`

package Audience::Peers;

use strict;
use warnings;

use File::Path ();
use IPC::Open2;
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time sleep);

use Audience::Bench;
use Exporter 'import';

our @EXPORT = qw(@COLUMNS read_csv);

our @COLUMNS = qw(phone email tax_document name city address opt_in age team
                  football plan origin status channel sharing last_purchase
                  birth ticket points tag note);

my %types = (age => 'INTEGER', points => 'INTEGER');
my $json = JSON::PP->new->utf8;
my $pg_bin = '/usr/lib/postgresql/15/bin';


# --- DuckDB ------------------------------------------------------------------

sub duckdb
{
    my ($file, $threads) = @_;

    if (!-d in_bench('node_modules')) {
        # Not ci, which wants the builds for all other systems in the lock.
        system('npm', 'install', '--no-save', '--silent', '--no-audit',
               '--no-fund', '--prefix', in_bench('')) == 0
            or die "npm install failed\n";
    }

    my $pid = open2(my $from, my $to, 'node', in_bench('duckdb.mjs'), $file,
                    $threads || 2);
    $to->autoflush(1);
    return bless { pid => $pid, from => $from, to => $to }, 'Audience::Peers::Duck';
}


# Days of last_purchase come first; ticket has a decimal comma.
sub read_csv
{
    my @files = @_;
    my $columns = join ', ', map { "'$_': '" . ($types{$_} || 'VARCHAR') . "'" }
                             @COLUMNS;

    return q{SELECT * REPLACE (birth::DATE AS birth,
        strptime(last_purchase, '%d/%m/%Y')::DATE AS last_purchase,
        replace(ticket, ',', '.')::DECIMAL(9,2) AS ticket)}
        . ' FROM read_csv([' . join(', ', map { "'$_'" } @files)
        . "], delim = ';', header = true, columns = {$columns})";
}


package Audience::Peers::Duck {
    sub ask
    {
        my ($self, $ask) = @_;

        print { $self->{to} } $json->encode(ref $ask ? $ask : { sql => $ask }),
            "\n";
        my $line = readline $self->{from};
        my $answer = $json->decode($line // '{"error": "gone"}');

        die "DuckDB: $answer->{error}\n" if $answer->{error};
        return $answer;
    }

    sub DESTROY
    {
        my ($self) = @_;
        local ($?, $!);
        close $self->{to};
        waitpid $self->{pid}, 0;
    }
}


# --- SQLite ------------------------------------------------------------------

# Seconds of each statement, and the lines that they printed.
sub sqlite
{
    my ($file, @sql) = @_;

    my $script = Audience::Bench::folder() . "/sqlite-$$.sql";

    open my $out, '>:utf8', $script or die "$script: $!";
    print {$out} ".timer on\n", map { /^\./ ? "$_\n" : "$_;\n" } @sql;
    close $out;

    my @lines = qx{sqlite3 -batch '$file' < '$script' 2>&1};
    unlink $script;
    die "sqlite: @lines\n" if $? || grep { /error/i } @lines;

    my @seconds = map { /^Run Time: real ([\d.]+)/ ? $1 : () } @lines;
    return (\@seconds, [grep { !/^Run Time/ } map { s/\s+$//r } @lines]);
}


# --- PostgreSQL --------------------------------------------------------------

# PostgreSQL will not run as root: then it runs as its own user.
sub as_postgres { $> == 0 ? qw(/usr/sbin/runuser -u postgres --) : () }


# A server on a unix socket in the folder, with Debian's defaults but for what
# two cores and a million rows deserve.
sub postgres
{
    my ($folder) = @_;

    my $data = "$folder/data";
    my $self = bless { folder => $folder, owner => $$ }, 'Audience::Peers::Pg';

    File::Path::make_path($folder);
    chmod 0755, $folder;

    if (!-e "$data/PG_VERSION") {
        chown((getpwnam 'postgres')[2, 3], $folder) if $> == 0;
        quiet(as_postgres(), "$pg_bin/initdb", '-D', $data, '-E', 'UTF8',
              '--locale=C.UTF-8', '-A', 'trust', '-U', 'bench');
    }
    else {
        system(as_postgres(), "$pg_bin/pg_ctl", '-D', $data, '-s', '-m',
               'fast', 'stop') if -e "$data/postmaster.pid";
    }

    quiet(as_postgres(), "$pg_bin/pg_ctl", '-D', $data, '-w', '-l',
          "$data/log", '-o', "-k $data -c listen_addresses= "
          . '-c shared_buffers=2GB -c work_mem=64MB -c max_wal_size=8GB '
          . '-c maintenance_work_mem=512MB', 'start');
    return $self;
}


sub quiet
{
    my @command = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        chdir '/';
        open STDOUT, '>', '/dev/null';
        exec @command or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "failed: @command\n" if $?;
}


package Audience::Peers::Pg {
    sub command
    {
        my ($self) = @_;
        return ('psql', '-h', "$self->{folder}/data", '-U', 'bench', '-q', '-X',
                '-A', '-t', '-v', 'ON_ERROR_STOP=1', 'postgres');
    }

    # Seconds of each statement, and the lines that they printed.
    sub psql
    {
        my ($self, @sql) = @_;

        my $script = Audience::Bench::folder() . "/psql-$$.sql";

        open my $out, '>:utf8', $script or die "$script: $!";
        print {$out} "\\timing on\n",
            map { /^\\/ ? "$_\n" : "$_;\n" } @sql;
        close $out;

        my @lines = qx{@{[ $self->command ]} -f '$script' 2>&1};
        unlink $script;
        die "psql: @lines\n" if $?;

        my @seconds = map { /^Time: ([\d.]+) ms/ ? $1 / 1000 : () } @lines;
        return (\@seconds, [grep { !/^Time:/ } map { s/\s+$//r } @lines]);
    }

    sub DESTROY
    {
        my ($self) = @_;
        return unless $self->{owner} == $$;
        local ($?, $!);
        system(Audience::Peers::as_postgres(), "$pg_bin/pg_ctl", '-D',
               "$self->{folder}/data", '-s', '-m', 'fast', 'stop');
    }
}

1;
